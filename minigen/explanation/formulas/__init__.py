r"""Formulas in LaTeX, set in Unicode for a terminal: in a line, or in two dimensions.

>>> from minigen.explanation.formulas import inline, display
>>> inline(r"\bar x_i = \sum_j \bar y_j\, \frac{\partial y_j}{\partial x_i}")
'x̄ᵢ = ∑ⱼ ȳⱼ (∂yⱼ/∂xᵢ)'
>>> print("\n".join(display(r"\boxed{m = \frac1n \sum_{i=1}^n x_i}")))
╭──────────────╮
│     1  n     │
│ m = ─  ∑  xᵢ │
│     n i=1    │
╰──────────────╯
"""

from minigen.explanation.formulas.layout import display, inline
from minigen.explanation.formulas.signs import FormulaError

__all__ = ["FormulaError", "display", "inline"]
