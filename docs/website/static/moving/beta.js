/* The weight of the KL divergence: the same images and the same noise, through other models. */
"use strict";

moving.register("beta", (data, stage, figure) => {
  const { html, slider } = moving;
  const { side, columns, models } = data;
  const width = columns * side;
  const ROWS = 3; // of each model in the sheet: reconstructions, and samples in two rows

  const picture = (name, rows) => {
    const canvas = html("canvas", { width, height: rows * side, role: "img" });
    const row = html("div", { class: "strip" }, html("span", { class: "name" }, name), canvas);
    return { row, canvas, context: canvas.getContext("2d"), rows };
  };
  const originals = picture("Images", 1);
  const reconstructions = picture("Reconstructions", 1);
  const samples = picture("Samples", 2);
  const facts = html("p", { class: "facts", "aria-live": "polite" });
  const sheet = new Image();

  const copy = ({ context, rows }, from) =>
    context.drawImage(sheet, 0, from * side, width, rows * side, 0, 0, width, rows * side);

  const show = (place) => {
    const { beta, reconstruction, kl, active } = models[place];
    facts.textContent =
      `β = ${beta}: reconstruction error ${reconstruction} nats, KL divergence ${kl} nats, ` +
      `${active} of 10 latent variables in use`;
    originals.canvas.setAttribute("aria-label", "Ten pictures of printed digits");
    reconstructions.canvas.setAttribute("aria-label", `Their reconstructions with β = ${beta}`);
    samples.canvas.setAttribute("aria-label", `Twenty samples with β = ${beta}`);
    if (!sheet.complete) return;
    copy(originals, 0);
    copy(reconstructions, 1 + ROWS * place);
    copy(samples, 2 + ROWS * place);
  };

  const control = slider(
    "β",
    {
      min: 0,
      max: models.length - 1,
      value: models.findIndex(({ beta }) => beta === 1),
      said: (place) => String(models[place].beta),
    },
    show,
  );
  sheet.addEventListener("load", control.update);
  sheet.src = figure.querySelector("img.still").src.replace(/[^/]*$/, data.sheet);
  stage.append(html("div", { class: "controls" }, control.row), facts);
  stage.append(originals.row, reconstructions.row, samples.row);
  control.update();
});
