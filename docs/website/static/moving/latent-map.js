/* A plane of two latent variables: what the decoder draws at the point that one is on. */
"use strict";

moving.register("latent-map", (data, stage) => {
  const { html, svg, slider, unpack } = moving;
  const SIZE = 320;
  const { side, reach, labels } = data;
  const points = unpack(data.points).values;
  const layers = data.layers.map(({ weight, bias }) => ({
    weight: unpack(weight).values,
    bias: unpack(bias).values,
  }));

  /* The decoder, evaluated here: dense layers, a ReLU between any two, a sigmoid at the end. */
  const decode = (code) =>
    layers.reduce((input, { weight, bias }, depth) => {
      const last = depth === layers.length - 1;
      return bias.map((start, unit) => {
        let sum = start;
        for (let i = 0; i < input.length; i += 1) sum += weight[unit * input.length + i] * input[i];
        return last ? 1 / (1 + Math.exp(-sum)) : Math.max(0, sum);
      });
    }, Float32Array.from(code));

  const place = (value) => ((value + reach) / (2 * reach)) * SIZE;
  const marks = labels.map((label, n) =>
    svg(
      "text",
      { x: place(points[2 * n]), y: SIZE - place(points[2 * n + 1]), class: `mark hue-${label}` },
      String(label),
    ),
  );
  const axes = [
    svg("line", { x1: 0, x2: SIZE, y1: SIZE / 2, y2: SIZE / 2, class: "axis" }),
    svg("line", { y1: 0, y2: SIZE, x1: SIZE / 2, x2: SIZE / 2, class: "axis" }),
  ];
  const cross = svg("g", { class: "cross" }, svg("circle", { r: 8 }), svg("circle", { r: 1.5 }));
  const map = svg(
    "svg",
    {
      viewBox: `0 0 ${SIZE} ${SIZE}`,
      class: "map",
      role: "img",
      "aria-label":
        "A plane of two latent variables. Each numeral stands where the encoder puts a picture of it.",
    },
    ...axes,
    ...marks,
    cross,
  );

  const canvas = html("canvas", { width: side, height: side, class: "decoded", role: "img" });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(side, side);
  const code = [0, 0];

  const draw = () => {
    decode(code).forEach((shade, n) => {
      pixels.data.fill(shade * 255, 4 * n, 4 * n + 3);
      pixels.data[4 * n + 3] = 255;
    });
    context.putImageData(pixels, 0, 0);
    cross.setAttribute("transform", `translate(${place(code[0])} ${SIZE - place(code[1])})`);
    const said = code.map((value) => value.toFixed(2)).join(", ");
    canvas.setAttribute("aria-label", `The picture that the decoder draws at ${said}`);
  };

  const sliders = ["z₁", "z₂"].map((name, axis) =>
    slider(
      name,
      { min: -reach, max: reach, step: 0.05, value: 0, said: (value) => value.toFixed(2) },
      (value) => {
        code[axis] = value;
        draw();
      },
    ),
  );

  const follow = (event) => {
    const box = map.getBoundingClientRect();
    sliders[0].set((((event.clientX - box.left) / box.width) * 2 - 1) * reach);
    sliders[1].set((1 - ((event.clientY - box.top) / box.height) * 2) * reach);
  };
  map.addEventListener("pointermove", (event) => event.pointerType === "mouse" && follow(event));
  map.addEventListener("pointerdown", (event) => {
    follow(event);
    if (event.pointerType !== "mouse") map.setPointerCapture(event.pointerId);
  });
  map.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" && map.hasPointerCapture(event.pointerId)) follow(event);
  });

  const controls = html("div", { class: "controls" }, ...sliders.map(({ row }) => row));
  stage.append(html("div", { class: "pair" }, map, html("div", {}, canvas, controls)));
  sliders.forEach(({ update }) => update());
});
