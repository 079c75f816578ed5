/* What pages do of themselves: boxes that open when they are needed, formulas that fit. */
"use strict";

/* Boxes open for whoever comes to something in them, by a link or by search, and for printing. */

const openTo = (element) => {
  element.querySelector?.(":scope > details.deeper")?.setAttribute("open", "");
  for (let box = element.closest("details"); box; box = box.parentElement?.closest("details")) {
    box.open = true;
  }
};

const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  openTo(target);
  target.scrollIntoView();
};

const openFound = () => document.querySelectorAll("span.highlighted").forEach(openTo);

let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("article details:not([open])")];
  opened.forEach((box) => (box.open = true));
});
window.addEventListener("afterprint", () => opened.forEach((box) => (box.open = false)));
window.addEventListener("hashchange", openTarget);
window.addEventListener("load", () => {
  if (location.hash) openTarget();
  openFound();
});

/* A displayed formula that is too wide is set smaller; only what would be illegible then is moved
   sideways in its place. On a telephone that comes sooner: its letters are small, and a finger moves
   a formula easily. */

const TELEPHONE = window.matchMedia("(max-width: 600px)");
const smallest = () => (TELEPHONE.matches ? 0.75 : 0.55);

const fitFormulas = () => {
  const formulas = [...document.querySelectorAll("mjx-container[display='true']")];
  formulas.forEach((formula) => formula.style.removeProperty("font-size"));
  const sizes = formulas.map((formula) => {
    const needed = formula.scrollWidth;
    const room = formula.parentElement.clientWidth;
    const size = parseFloat(getComputedStyle(formula).fontSize);
    return room && needed > room ? size * Math.max(smallest(), (room - 6) / needed) : 0;
  });
  formulas.forEach((formula, place) => {
    if (sizes[place]) formula.style.setProperty("font-size", `${sizes[place]}px`, "important");
  });
};

window.MathJax?.startup?.promise?.then(() => {
  fitFormulas();
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) {
      width = window.innerWidth;
      fitFormulas();
    }
  });
  document.addEventListener("toggle", (event) => event.target.open && fitFormulas(), true);
});
