/* What the moving figures share: finding them, reading their data, controls, drawing in SVG.

   A figure is a <figure class="moving" data-figure="NAME"> that holds a still picture, a caption
   and its data as JSON. Its script registers a function that gets the data and a place to draw in;
   the still picture is hidden then. Without scripts it stays. */
"use strict";

/* Each figure of a page asks for this script: it counts once. */
var moving =
  window.moving ||
  (() => {
    const SVG = "http://www.w3.org/2000/svg";

    const put = (element, attributes, children) => {
      for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (value !== undefined && value !== false) element.setAttribute(name, value);
      }
      element.append(...children);
      return element;
    };

    const html = (tag, attributes = {}, ...children) =>
      put(document.createElement(tag), attributes, children);

    const svg = (tag, attributes = {}, ...children) =>
      put(document.createElementNS(SVG, tag), attributes, children);

    let controls = 0;

    /* A labelled slider; `change` is called with its value at once, and whenever it moves. `said` turns
       the value into what is shown beside it and read aloud. */
    const slider = (label, { min, max, step = 1, value, said = String }, change) => {
      const id = `moving-control-${(controls += 1)}`;
      const shown = html("output", { for: id });
      const input = html("input", { type: "range", id, min, max, step, value });
      const update = () => {
        shown.textContent = said(Number(input.value));
        input.setAttribute("aria-valuetext", shown.textContent);
        change(Number(input.value));
      };
      input.addEventListener("input", update);
      const set = (to) => {
        input.value = to;
        update();
      };
      const row = html("div", { class: "control" }, html("label", { for: id }, label), input, shown);
      return { row, input, set, update };
    };

    /* A labelled choice from a list. */
    const choice = (label, names, change) => {
      const id = `moving-control-${(controls += 1)}`;
      const options = names.map((name, place) => html("option", { value: place }, name));
      const select = html("select", { id }, ...options);
      const update = () => change(Number(select.value));
      select.addEventListener("change", update);
      const row = html("div", { class: "control" }, html("label", { for: id }, label), select);
      return { row, select, update };
    };

    /* Numbers that were packed into base64: bytes, with what a step of them is worth. */
    const unpack = ({ shape, step, bytes }, signed = true) => {
      const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      const numbers = signed ? new Int8Array(raw.buffer) : raw;
      return { shape, values: Float32Array.from(numbers, (number) => number * step) };
    };

    const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

    const register = (name, build) => {
      for (const figure of document.querySelectorAll(`figure.moving[data-figure="${name}"]`)) {
        const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
        const stage = html("div", { class: "stage" });
        figure.prepend(stage);
        build(data, stage, figure);
        figure.classList.add("alive");
      }
    };

    return { html, svg, slider, choice, unpack, calm, register };
  })();
