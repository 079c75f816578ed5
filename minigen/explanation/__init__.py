"""Explanations: the derivation of a result, the code that implements it, and its check, run.

>>> from minigen.explanation import explain
>>> explain("softmax")
<explanation of op softmax: 2 results, 4 of 4 checks passed, worst relative error ...>

An `Explanation` is plain data, made from the pages of ``docs/derivations`` and from the live
source; ``minigen explain`` shows it at the terminal, a notebook in three columns.
"""

from __future__ import annotations

from typing import Any

from minigen.derivations import PageError, page_of
from minigen.engine.backend import CPU
from minigen.explanation.explanation import (
    Check,
    Explained,
    check_gradients,
    check_results,
    sections_of,
)
from minigen.explanation.pages import Cell, Page, Prose, Result, Section, all_pages
from minigen.explanation.subjects import (
    Implementer,
    Source,
    UnknownNameError,
    implementers_of,
    names,
    resolve,
    sources_of,
)

__all__ = [
    "Cell",
    "Check",
    "Explanation",
    "Implementer",
    "Page",
    "PageError",
    "Prose",
    "Result",
    "Section",
    "Source",
    "UnknownNameError",
    "all_pages",
    "explain",
    "implementers_of",
    "names",
    "page_of",
]


class Explanation(Explained):
    """The derivation, the code and the check of an op, a layer, a loss, a model or a result.

    In a notebook it is shown in three columns, with its formulas typeset; printed, it is what
    ``minigen explain`` shows. `Explained` says what it holds.
    """

    def __str__(self) -> str:
        from minigen.explanation.terminal import as_text

        return as_text(self)

    def _repr_markdown_(self) -> str:
        from minigen.explanation.notebook import as_markdown

        return as_markdown(self)

    def _repr_html_(self) -> str:
        from minigen.explanation.notebook import as_html

        return as_html(self)


def explain(subject: Any, *, order: int = 2, device: str = CPU, check: bool = True) -> Explanation:
    """Put the derivation, the code and the check of something side by side.

    The derivation is read from its page, the code from the library's files, and the checks are run
    there and then: gradients against finite differences in float64, and each boxed result against
    its definition, written naively on the page. The options are those of `minigen.explain`.

    Raises
    ------
    UnknownNameError
        If there is neither a derivation nor a check of it.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> explanation = minigen.explain(F.exp)
    >>> explanation.identifiers, explanation.ok
    (('exp',), True)
    >>> print(explanation.code[1].body)
    @exp.vjp
    def exp_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
        return (g * out,)
    """
    found = resolve(subject)
    code = tuple(source for target in found.targets for source in sources_of(target))
    checks = (
        (*check_gradients(found.cases, order, device), *check_results(found.identifiers))
        if check
        else ()
    )
    return Explanation(
        found.name, found.kind, found.identifiers, sections_of(found.identifiers), code, checks
    )
