"""What the site says of a thing: its derivation, its code and its check, made once for a build."""

from __future__ import annotations

import dataclasses
import functools
from typing import Final

from minigen.catalogue import Case
from minigen.explanation import Check, Explanation, all_pages, explain, page_of
from minigen.explanation.explanation import CellRun, check_definitions, check_gradients, run_cells
from minigen.explanation.subjects import resolve


@functools.cache
def cells(page: str) -> tuple[CellRun, ...]:
    """Run the cells of a page of derivations, once for a build.

    Raises
    ------
    RuntimeError
        If a cell raises: a site with a wrong result on it is not built.
    """
    runs = tuple(run_cells(all_pages()[page]))
    for run in runs:
        if run.error is not None:
            raise RuntimeError(
                f"docs/derivations/{page}.md: cell {run.cell.number} raises "
                f"{type(run.error).__name__}: {run.error}"
            ) from run.error
    return runs


@functools.cache
def _definitions(page: str) -> dict[str, Check]:
    """Return the checks of the results of a page of derivations."""
    results = [result.identifier for result in all_pages()[page].results]
    checks = check_definitions(all_pages()[page], results, cells(page))
    return {check.title: check for check in checks}


def definition(identifier: str) -> Check:
    """Return the check of a boxed result by the definition on its page.

    Raises
    ------
    RuntimeError
        If the check fails: a site with a wrong result on it is not built.
    """
    return _passed(_definitions(page_of()[identifier])[identifier])


@functools.cache
def explained(name: str) -> Explanation:
    """Return derivation, code and check of something by its name, as `minigen explain` has them.

    Raises
    ------
    RuntimeError
        If a check fails.
    """
    bare = explain(name, check=False)
    gradients = map(_gradient, resolve(name).cases)
    checks = (*gradients, *(definition(each) for each in bare.identifiers))
    return dataclasses.replace(bare, checks=tuple(map(_passed, checks)))


def _gradient(case: Case) -> Check:
    """Check the gradients of a case, which may belong to a layer and to an op, once."""
    if case.title not in _GRADIENTS:
        (_GRADIENTS[case.title],) = check_gradients([case])
    return _GRADIENTS[case.title]


_GRADIENTS: Final[dict[str, Check]] = {}
"""What came of the cases that have been checked, by their titles."""


def _passed(check: Check) -> Check:
    if not check.passed:
        raise RuntimeError(f"the check of {check.title} fails: {check.failure}")
    return check
