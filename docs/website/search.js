/* What Sphinx's search does differently here. It stands behind the script of the search itself. */

/* Where something is derived comes first. A mere mention there counts as one elsewhere. */
Scorer.score = ([page, , , , score, , kind]) =>
  page.startsWith("derivations/") && kind !== "text" ? score + 200 : score;

/* Excerpts have words, not LaTeX: of a formula in a line what can be written in plain letters. */
const GREEK =
  "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ nu ν " +
  "xi ξ pi π rho ρ sigma σ tau τ phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ " +
  "Sigma Σ Phi Φ Psi Ψ Omega Ω times × cdot · le ≤ ge ≥ ne ≠ approx ≈ in ∈ sim ∼ to → infty ∞ nabla ∇ " +
  "ln ln log log exp exp tanh tanh max max min min mid | Vert ‖ ldots … dots …";
const LETTERS = new Map(GREEK.split(" ").flatMap((name, place, all) => (place % 2 ? [] : [[name, all[place + 1]]])));

const plainFormula = (latex) => {
  const text = latex
    .replace(/^\\[(\[]|\\[)\]]$/g, "")
    .replace(/\\(?:mathrm|text|operatorname|mathbf)\{([^{}]*)\}/g, "$1")
    .replace(/\\(?:left|right|,|;|!|\s)/g, "")
    .replace(/\\([A-Za-z]+)\s?/g, (whole, name) => LETTERS.get(name) ?? whole)
    .replace(/\^2/g, "²")
    .replace(/_\{?([A-Za-z0-9])\}?(?![A-Za-z0-9])/g, " $1")
    .trim();
  return /[\\{}^_&]/.test(text) || text.length > 40 ? "…" : text;
};

const textOfPage = Search.htmlToText;
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll(".math").forEach((formula) => {
    formula.textContent = formula.tagName === "DIV" ? " … " : plainFormula(formula.textContent);
  });
  return textOfPage(page.documentElement.outerHTML, anchor).replace(/\s+/g, " ");
};
