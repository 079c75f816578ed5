"""Formulas in Unicode: every one of the pages, and the rules one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from minigen.explanation import Cell, all_pages
from minigen.explanation.formulas import FormulaError, display, inline
from minigen.explanation.pages import parser


def formulas() -> Iterator[tuple[str, str, bool]]:
    """Yield the pages' formulas, each with its page and whether it stands on its own lines."""
    for page in all_pages().values():
        for section in page.sections:
            texts = [block.markdown for block in section.blocks if not isinstance(block, Cell)]
            for token in parser().parse("\n\n".join([f"# {section.title}", *texts])):
                for each in (token, *(token.children or ())):
                    if each.type.startswith("math"):
                        yield page.name, each.content, each.type == "math_block"


def _at_column(line: str, column: int) -> str:
    """Return the sign that stands at a column of the terminal."""
    return next(sign for i, sign in enumerate(line) if cell_len(line[: i + 1]) > column)


FORMULAS = list(formulas())


def test_there_are_formulas_of_both_sorts_on_every_page() -> None:
    assert {name for name, _, _ in FORMULAS} == set(all_pages())
    assert sum(is_display for _, _, is_display in FORMULAS) > 300
    assert sum(not is_display for _, _, is_display in FORMULAS) > 2500


def test_no_formula_of_the_pages_leaves_latex_behind() -> None:
    left = [
        latex
        for _, latex, is_display in FORMULAS
        if re.search(r"[\\$&]|_\{|\^\{", "".join(display(latex) if is_display else inline(latex)))
    ]
    assert left == []


@pytest.mark.parametrize("width", [74, 96])
def test_every_formula_on_its_own_lines_fits_the_terminal(width: int) -> None:
    wide = [
        latex
        for _, latex, is_display in FORMULAS
        if is_display and max(map(cell_len, display(latex, width))) > width
    ]
    assert wide == []


def test_boxes_are_closed_rectangles() -> None:
    for _, latex, is_display in FORMULAS:
        if is_display and latex.strip().startswith(r"\boxed"):
            top, *lines = display(latex, 96)
            bottom = next(i for i, line in enumerate(lines) if line.startswith("╰"))
            edge = cell_len(top) - 1
            assert all(line.startswith("│") for line in lines[:bottom]), latex
            assert all(_at_column(line, edge) == "│" for line in lines[:bottom]), latex
            assert lines[bottom].startswith(top.replace("╭", "╰").replace("╮", "╯")), latex


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\alpha\beta", "αβ"),
        (r"x_i^2", "xᵢ²"),
        (r"x_{n,c}", "x_(n,c)"),
        (r"\sigma_q^2", "σ_q²"),
        (r"w_{t-1}", "wₜ₋₁"),
        (r"A^\top B^T", "AᵀB^T"),
        (r"e^{-u^2/2}", "e^(−u²/2)"),
        (r"f''(x)", "f′′(x)"),
        (r"x'_{i}", "xᵢ′"),
        (r"\bar x + \hat y + \tilde{z}", "x̄ + ŷ + z̃"),
        (r"\overline{ab}", "a̅b̅"),
        (r"\mathbb{E}_q[\mathcal{F}]", "𝔼_q[ℱ]"),
        (r"\frac{a+b}{c}", "(a + b)/c"),
        (r"\frac{1}{2n}", "1/(2n)"),
        (r"\frac{\partial L}{\partial y} z", "(∂L/∂y) z"),
        (r"\tfrac12 x - \frac14", "½ x − ¼"),
        (r"-x - (-y)", "−x − (−y)"),
        (r"\ln p(x)", "ln p(x)"),
        (r"2 \ln 2", "2 ln 2"),
        (r"\ln (1 - t)", "ln(1 − t)"),
        (r"\max(0, x)", "max(0, x)"),
        (r"\max_{j \ne i} x_j", "max_(j≠i) xⱼ"),
        (r"\sum_{i=1}^n x_i", "∑ᵢ₌₁ⁿ xᵢ"),
        (r"\sqrt{2\pi} \sqrt x", "√(2π) √x"),
        (r"\left( a \right)", "(a)"),
        (r"\left ( a \right )", "(a)"),
        (r"a {\le} b ^2", "a ≤ b²"),
        (r"a = {-1}", "a = −1"),
        (r"\Big\langle a, b \Big\rangle", "⟨a, b⟩"),
        (r"\left. a \right|_{t=0}", "a|ₜ₌₀"),
        (r"p(x \mid z) \,\|\, q", "p(x | z) ‖ q"),
        (r"\text{tap } a \text{ of } b", "tap a of b"),
        (r"\operatorname{mean}_c(\bar y)", "mean_c(ȳ)"),
        (r"\mathrm{fan_{in}}", "fanᵢₙ"),
        (r"\{ a : b \}", "{a : b}"),
        (r"a \bmod b, c", "a mod b, c"),
        (r"\begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}", "1 x > 0; 0 x ≤ 0"),
        (r"\underbrace{a + b}_{c}", "a + b (c)"),
        (r"{a b}^2", "(a b)²"),
        (r"\boxed{a}", "a"),
        (r"a \quad b .", "a  b."),
        (r"x \tag{1}", "x    (1)"),
        (r"^2", "²"),
        (r"", ""),
    ],
)
def test_formulas_in_a_line(latex: str, text: str) -> None:
    assert inline(latex) == text


@pytest.mark.parametrize(
    ("latex", "picture"),
    [
        (
            r"y = \frac{a}{b + c}",
            """
      a
y = ─────
    b + c
""",
        ),
        (
            r"\left( \frac{a}{b} \right)^2 + \left\lfloor \frac{c}{d} \right\rfloor_q",
            """
⎛a⎞²   ⎢c⎥
⎜─⎟  + ⎢─⎥
⎝b⎠    ⎣d⎦_q
""",
        ),
        (
            r"y_{n,o} = \sum_{c=0}^{C-1} w_{o,c}\, x_{n,c}",
            """
       C−1
y    =  ∑  w    x
 n,o   c=0  o,c  n,c
""",
        ),
        (
            r"\begin{cases} a & x > 0 \\ b & x = 0 \\ c & \text{else} \end{cases}",
            """
⎧a   x > 0
⎨b   x = 0
⎩c   else
""",
        ),
        (
            r"A = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}",
            """
    ⎛1  0⎞
A = ⎜    ⎟
    ⎝0  1⎠
""",
        ),
        (
            r"\begin{aligned} a &= b + c, & d &= e \\ aa &= b, & d &= ee \end{aligned}",
            """
 a = b + c,    d = e
aa = b,        d = ee
""",
        ),
        (
            r"\overline{\ln x} + \sqrt{\frac{a}{b}} + \sqrt{ab}",
            """
        _
____   │a    __
ln x + │─ + √ab
       √b
""",
        ),
        (
            r"\underbrace{a + b}_{c}",
            """
a + b
╰─┬─╯
  c
""",
        ),
        (
            r"{a b}_{n,m} + \hat{q_{n,m}} + 1",
            """
a b    + q̂    + 1
   n,m    n,m
""",
        ),
        (
            r"\boxed{x = e^{-|x|}}, \qquad y",
            """
╭───────────╮
│      −|x| │
│ x = e     │,    y
╰───────────╯
""",
        ),
    ],
)
def test_formulas_on_lines_of_their_own(latex: str, picture: str) -> None:
    assert "\n".join(display(latex)) == picture.strip("\n")


def test_long_formulas_are_broken_before_relations_then_before_terms() -> None:
    terms = " + ".join(["aaaa"] * 6)
    assert display(f"x = {terms} = y", 20) == [
        "x = aaaa + aaaa",
        "    + aaaa + aaaa",
        "    + aaaa + aaaa",
        "    = y",
    ]


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\nonsense", r"no sign of Unicode is known for \\nonsense"),
        (r"\begin{matrix} a \end{matrix}", "the environment matrix is not known"),
        (r"{a", "can't be read"),
        (r"\left", "ends where a delimiter is expected"),
        (r"a & b", "'&' is not known in a formula"),
        (r"\mathcal{+}", "there is no script '\\+' in Unicode"),
    ],
)
def test_what_can_not_be_read_is_refused(latex: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        inline(latex)
