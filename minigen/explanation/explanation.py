"""An explanation: the derivation, the code and the check of one thing, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from minigen.derivations import page_of
from minigen.engine.backend import CPU
from minigen.explanation.checks import Check, check_definitions, check_gradients
from minigen.explanation.code import Source, sources_of
from minigen.explanation.pages import Section, all_pages
from minigen.explanation.subjects import resolve


@dataclass(frozen=True)
class Explanation:
    """The derivation, the code and the check of an op, a layer, a loss, a model or a result.

    In a notebook it is shown in three columns, with its formulas typeset; printed, it is what
    ``minigen explain`` shows.

    Attributes
    ----------
    name : str
        What is explained.
    kind : str
        ``"op"``, ``"function"``, ``"layer"``, ``"model"``, ``"class"``, ``"module"`` or
        ``"result"``.
    identifiers : tuple of str
        The boxed results that belong to it.
    derivation : tuple of Section
        The sections of the pages that derive these, in the pages' order.
    code : tuple of Source
        Forward passes, each followed by its gradient rule if it has one.
    checks : tuple of Check
        What was run, and the errors measured; empty if no check was asked for.
    """

    name: str
    kind: str
    identifiers: tuple[str, ...]
    derivation: tuple[Section, ...]
    code: tuple[Source, ...]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all checks passed."""
        return all(check.passed for check in self.checks)

    @property
    def worst_error(self) -> float:
        """The largest relative error of any check; NaN if one of them was not reached, or none."""
        errors = [check.error for check in self.checks]
        return math.nan if any(map(math.isnan, errors)) else max(errors, default=math.nan)

    def __repr__(self) -> str:
        passed = sum(check.passed for check in self.checks)
        checks = (
            f"{passed} of {len(self.checks)} checks passed, worst relative error "
            f"{self.worst_error:.1e}"
            if self.checks
            else "nothing checked"
        )
        results = f"{len(self.identifiers)} result{'' if len(self.identifiers) == 1 else 's'}"
        return f"<explanation of {self.kind} {self.name}: {results}, {checks}>"

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
    its definition, written naively on the page.

    Parameters
    ----------
    subject : str, Op, function, class or instance
        An op, a layer, a loss, a model, or their name; or the identifier of a result.
    order : {1, 2}
        Up to which order gradients are checked.
    device : str, default "cpu"
        Where gradients are checked; definitions are written in NumPy.
    check : bool, default True
        False leaves the checks out.

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
        (*check_gradients(found.cases, order, device), *_check_definitions(found.identifiers))
        if check
        else ()
    )
    return Explanation(
        found.name, found.kind, found.identifiers, _sections(found.identifiers), code, checks
    )


def _sections(identifiers: tuple[str, ...]) -> tuple[Section, ...]:
    """Return the sections that derive results, each once."""
    found: list[Section] = []
    for name in _pages(identifiers):
        page = all_pages()[name]
        here = [each for each in identifiers if page_of().get(each) == name]
        wanted = {id(section) for each in here for section in page.holding(each)}
        found += [section for section in page.sections if id(section) in wanted]
    return tuple(found)


def _pages(identifiers: tuple[str, ...]) -> list[str]:
    """Return the pages of results, in the order in which they are first named."""
    return list(dict.fromkeys(page_of()[name] for name in identifiers if name in page_of()))


def _check_definitions(identifiers: tuple[str, ...]) -> list[Check]:
    """Check results by the definitions on their pages."""
    names = _pages(identifiers)
    return [check for name in names for check in check_definitions(all_pages()[name], identifiers)]
