/* The window of a convolution, cell by cell; of a transposed one, the cells that it paints on. */
"use strict";

moving.register("window", (data, stage) => {
  const { html, slider, choice } = moving;
  const { image, kernels } = data;
  const names = Object.keys(kernels);
  const SIZE = image.length;
  const state = { kernel: 0, stride: 1, padding: 0, dilation: 1, transposed: false, at: [1, 1] };

  const kernel = () => kernels[names[state.kernel]];
  const reach = () => state.dilation * (kernel().length - 1);
  const outputSize = () =>
    state.transposed
      ? (SIZE - 1) * state.stride - 2 * state.padding + reach() + 1
      : Math.floor((SIZE + 2 * state.padding - reach() - 1) / state.stride) + 1;

  /* Where the tap of a kernel meets the other grid, for one of the window's places: with padding,
     that may lie outside. */
  const met = (place, tap) => place * state.stride + tap * state.dilation - state.padding;
  const within = (grid, row, column) => grid[row]?.[column];

  const taps = ([row, column]) =>
    kernel().flatMap((weights, a) =>
      weights.map((weight, b) => ({ weight, row: met(row, a), column: met(column, b) })),
    );

  const compute = () => {
    const size = Math.max(0, outputSize());
    const output = Array.from({ length: size }, () => Array(size).fill(0));
    const places = state.transposed ? SIZE : size;
    for (let row = 0; row < places; row += 1) {
      for (let column = 0; column < places; column += 1) {
        for (const tap of taps([row, column])) {
          if (state.transposed) {
            if (within(output, tap.row, tap.column) !== undefined) {
              output[tap.row][tap.column] += image[row][column] * tap.weight;
            }
          } else {
            output[row][column] += (within(image, tap.row, tap.column) ?? 0) * tap.weight;
          }
        }
      }
    }
    return output;
  };

  /* The grids are tables, which every reader of screens knows; `margin` is what surrounds one. */
  const table = (name) => {
    const caption = html("caption", {}, name);
    const body = html("tbody");
    return { element: html("table", { class: "cells" }, caption, body), caption, body };
  };
  const grids = { input: table("Input"), kernel: table("Kernel"), output: table("Output") };
  const formula = html("p", { class: "facts", "aria-live": "polite" });

  const minus = (value) => String(value).replace("-", "−");
  const sign = (value) => (value < 0 ? `(${minus(value)})` : String(value));

  const fill = ({ body }, values, margin, kind, pick) => {
    const cells = (row) =>
      Array.from({ length: values.length + 2 * margin }, (_, n) => {
        const column = n - margin;
        const value = within(values, row, column);
        const cell = html("td", { class: kind(row, column, value) }, minus(value ?? 0));
        if (pick && value !== undefined) cell.addEventListener("pointerdown", () => pick([row, column]));
        return cell;
      });
    body.replaceChildren(
      ...Array.from({ length: values.length + 2 * margin }, (_, n) => html("tr", {}, ...cells(n - margin))),
    );
  };


  const describe = (output) => {
    const [row, column] = state.at;
    if (!output.length) return "The window is larger than the padded input: there is no output.";
    const position = `(${row}, ${column})`;
    if (state.transposed) {
      return (
        `The input at ${position} is ${sign(image[row][column])}: the kernel times this number is ` +
        `added to the output. What falls outside is cut off.`
      );
    }
    const terms = taps(state.at)
      .filter(({ weight }) => weight !== 0)
      .map((tap) => `${sign(tap.weight)}·${sign(within(image, tap.row, tap.column) ?? 0)}`);
    return `The output at ${position} is ${terms.join(" + ")} = ${sign(output[row][column])}.`;
  };

  const draw = () => {
    const output = compute();
    const places = state.transposed ? SIZE : output.length;
    state.at = state.at.map((value) => Math.max(0, Math.min(value, places - 1)));
    const under = new Set(taps(state.at).map(({ row, column }) => `${row},${column}`));
    const isAt = (row, column) => row === state.at[0] && column === state.at[1];
    const inWindow = (row, column) => under.has(`${row},${column}`);
    const classes = (marked, outside) => `${marked ? "here" : ""} ${outside ? "outside" : ""}`;
    const margin = state.transposed ? 0 : state.padding;

    fill(
      grids.input,
      image,
      margin,
      (row, column, value) =>
        classes(state.transposed ? isAt(row, column) : inWindow(row, column), value === undefined),
      state.transposed && move,
    );
    fill(grids.kernel, kernel(), 0, () => "");
    fill(
      grids.output,
      output,
      state.transposed ? state.padding : 0,
      (row, column, value) =>
        classes(state.transposed ? inWindow(row, column) : isAt(row, column), value === undefined),
      !state.transposed && move,
    );
    const padded = margin ? `, padded by ${margin}` : "";
    grids.input.caption.textContent = `Input, ${SIZE}×${SIZE}${padded}`;
    grids.output.caption.textContent = `Output, ${output.length}×${output.length}`;
    formula.textContent = describe(output);
  };

  const move = (to) => {
    state.at = to;
    draw();
  };

  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const board = html(
    "div",
    {
      class: "board",
      tabindex: 0,
      role: "group",
      "aria-label": "The grids. The arrow keys move the window.",
    },
    ...Object.values(grids).map(({ element }) => element),
  );
  board.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    move(state.at.map((value, axis) => value + step[axis]));
  });

  const set = (name) => (value) => {
    state[name] = value;
    draw();
  };
  const controls = [
    choice("kernel", names, set("kernel")),
    choice("map", ["convolution", "transposed convolution"], (value) => set("transposed")(value === 1)),
    slider("stride", { min: 1, max: 3, value: 1 }, set("stride")),
    slider("padding", { min: 0, max: 2, value: 0 }, set("padding")),
    slider("dilation", { min: 1, max: 2, value: 1 }, set("dilation")),
  ];
  stage.append(html("div", { class: "controls" }, ...controls.map(({ row }) => row)), board, formula);
  controls.forEach(({ update }) => update());
});
