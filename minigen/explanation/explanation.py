"""What an explanation holds, as plain data: sections, sources, and the checks, run there and then.

Gradients are checked by finite differences, results by their definitions.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from minigen import derivations
from minigen.catalogue import Case
from minigen.derivations import CheckError, Outcome, page_of
from minigen.engine.backend import CPU
from minigen.engine.random import default_generator
from minigen.explanation.pages import Cell, Page, Section, all_pages
from minigen.explanation.subjects import Source


@dataclass(frozen=True)
class Check:
    """One check that was run, and what came of it.

    `kind` says whether a gradient was compared with finite differences, or what the library
    computes with the definition that stands on the page; `title` is a case of the catalogue, or an
    identifier. The check `passed` if `error`, the largest relative one, is within the tolerance; it
    is NaN if the comparison was not reached. `against` says what it was compared with, and how much
    was compared, in a few words; `failure` what is wrong, if anything is; and `code` is the page's
    that compares, empty for gradients.
    """

    kind: Literal["gradient", "definition"]
    title: str
    passed: bool
    error: float
    against: str
    failure: str = ""
    code: str = ""

    @property
    def measured(self) -> str:
        """The error as it is shown; nothing if there is none."""
        return "" if math.isnan(self.error) else f"{self.error:.1e}"


def check_gradients(cases: Iterable[Case], order: int = 2, device: str = CPU) -> tuple[Check, ...]:
    """Check the gradients of cases of the catalogue, up to an order, on a device."""
    return tuple(_gradient(case, order, device) for case in cases)


def _gradient(case: Case, order: int, device: str) -> Check:
    report = case.check(order, device)
    orders = "first order" if order == 1 else "both orders"
    how = "" if case.mode == "full" else ", random directions"
    failure = "" if report else str(report)
    where = "" if device == CPU else f", {device}"
    against = f"finite differences, {orders}{how}{where}"
    return Check("gradient", case.title, report.ok, report.worst_relative_error, against, failure)


@dataclass(frozen=True)
class CellRun:
    """What came of one cell of a page.

    The checks that `passed`, the `error` that it raised, if any, and the text that it `printed`.
    """

    cell: Cell
    passed: tuple[Outcome, ...]
    error: Exception | None = None
    printed: str = ""


def run_cells(page: Page) -> Iterator[CellRun]:
    """Run a page's cells, one after another in one namespace, to the first that raises.

    What they print is kept off the screen. They leave the default generator as it was before.
    """
    namespace: dict[str, Any] = {"__name__": f"derivations.{page.name}"}
    for cell in page.cells:
        before = len(derivations.checked)
        error = None
        try:
            with _undisturbed() as printed:
                exec(compile(cell.code, f"{page.name}.md, cell {cell.number}", "exec"), namespace)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is the cell's result
            error = raised
        yield CellRun(cell, tuple(derivations.checked[before:]), error, printed.getvalue())
        if error is not None:
            return


@contextlib.contextmanager
def _undisturbed() -> Iterator[io.StringIO]:
    """Keep the caller's screen and default generator from what a cell prints and draws."""
    state = default_generator().get_state()
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            yield printed
    finally:
        default_generator().set_state(state)


def check_definitions(
    page: Page, wanted: Collection[str], runs: Iterable[CellRun] | None = None
) -> tuple[Check, ...]:
    """Run a page's cells, from the first on, until the checks of results that are wanted are done.

    Return one for each of these identifiers, in the page's order. A cell that raises fails those
    that have not passed by then. Of several checks of one result the worst counts. Pass the `runs`
    of the cells if they have been run before.
    """
    found: dict[str, Check] = {}
    reason = "the page does not check it"
    for run in run_cells(page) if runs is None else runs:
        checks = [_definition(outcome, run.cell) for outcome in run.passed]
        if isinstance(run.error, CheckError):
            checks.append(_definition(run.error.outcome, run.cell, str(run.error)))
        for check in checks:
            known = found.get(check.title)
            if known is None or not check.passed or check.error > known.error:
                found[check.title] = check
        if run.error is not None:
            what = f"{type(run.error).__name__}: {run.error}"
            reason = f"cell {run.cell.number} of the page {page.name} raises {what}"
        if found.keys() >= set(wanted):
            break
    return tuple(
        found.get(result.identifier, _unreached(result.identifier, reason))
        for result in page.results
        if result.identifier in wanted
    )


def _definition(outcome: Outcome, cell: Cell, failure: str = "") -> Check:
    against = f"its definition, {outcome.numbers:,} number{'' if outcome.numbers == 1 else 's'}"
    if outcome.tolerance != derivations.TOLERANCE:
        against += f", tolerance {outcome.tolerance:.0e}"
    title, error = outcome.identifier, outcome.error
    return Check("definition", title, not failure, error, against, failure, cell.code)


def _unreached(identifier: str, reason: str) -> Check:
    against = "its definition, not reached"
    return Check("definition", identifier, False, math.nan, against, reason)


@dataclass(frozen=True)
class Explained:
    """The derivation, the code and the check of an op, a layer, a loss, a model or a result.

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


def sections_of(identifiers: tuple[str, ...]) -> tuple[Section, ...]:
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


def check_results(identifiers: tuple[str, ...]) -> list[Check]:
    """Check results by the definitions on their pages."""
    names = _pages(identifiers)
    return [check for name in names for check in check_definitions(all_pages()[name], identifiers)]
