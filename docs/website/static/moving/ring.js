/* The steps of a GAN that learns a ring of modes: its points, and what the discriminator says. */
"use strict";

moving.register("ring", (data, stage) => {
  const { html, svg, slider, choice, unpack, calm } = moving;
  const SIZE = 320;
  const { steps, reach, centres, sigma } = data;
  const runs = data.runs.map(({ points, answers, modes }) => ({
    points: unpack(points),
    answers: unpack(answers, false),
    modes,
  }));
  const [, count] = runs[0].points.shape;
  const [, grid] = runs[0].answers.shape;
  const place = (value) => ((value + reach) / (2 * reach)) * SIZE;

  const cell = SIZE / (grid - 1);
  const cells = Array.from({ length: grid * grid }, (_, n) =>
    svg("rect", {
      x: ((n % grid) - 0.5) * cell,
      y: SIZE - (Math.floor(n / grid) + 0.5) * cell,
      width: cell,
      height: cell,
      class: "answer",
    }),
  );
  const circles = centres.map(([x, y]) =>
    svg("circle", {
      cx: place(x),
      cy: SIZE - place(y),
      r: Math.max(6, (3 * sigma * SIZE) / (2 * reach)),
      class: "mode",
    }),
  );
  const dots = Array.from({ length: count }, () => svg("circle", { r: 2.4, class: "dot" }));
  const plane = svg(
    "svg",
    { viewBox: `0 0 ${SIZE} ${SIZE}`, class: "map", role: "img" },
    svg("g", {}, ...cells),
    svg("g", {}, ...circles),
    svg("g", {}, ...dots),
  );
  const facts = html("p", { class: "facts" });

  let run = 0;
  let moment = 0;
  const draw = () => {
    const { points, answers, modes } = runs[run];
    dots.forEach((dot, n) => {
      const at = 2 * (moment * count + n);
      dot.setAttribute("cx", place(points.values[at]));
      dot.setAttribute("cy", SIZE - place(points.values[at + 1]));
    });
    cells.forEach((rect, n) => {
      const answer = answers.values[moment * grid * grid + n];
      rect.setAttribute("opacity", Math.min(1, Math.max(0, (answer - 0.15) / 0.6)).toFixed(2));
    });
    const found = `${modes[moment]} of ${centres.length} modes found`;
    facts.textContent = `Step ${steps[moment]}: ${found}`;
    plane.setAttribute("aria-label", `Generated points and the ring of modes. ${found}.`);
  };

  const selected = choice("GAN", data.runs.map(({ name }) => name), (value) => {
    run = value;
    draw();
  });
  const control = slider(
    "step",
    { min: 0, max: steps.length - 1, value: 0, said: (value) => String(steps[value]) },
    (value) => {
      moment = value;
      draw();
    },
  );

  /* Nothing moves by itself: a press on the button plays the steps, and another one stops them. For
     who wants little motion the pictures change slowly. */
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  };
  const advance = () => {
    if (moment + 1 < steps.length) control.set(moment + 1);
    else stop();
  };
  const button = html("button", { type: "button" }, "Play");
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (moment + 1 === steps.length) control.set(0);
    button.textContent = "Stop";
    timer = setInterval(advance, calm() ? 1500 : 180);
  });
  control.input.addEventListener("pointerdown", stop);
  control.input.addEventListener("keydown", stop);

  const controls = html("div", { class: "controls" }, selected.row, control.row, button);
  stage.append(html("div", { class: "pair" }, plane, html("div", {}, controls, facts)));
  selected.update();
  control.update();
});
