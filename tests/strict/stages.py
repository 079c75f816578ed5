"""A run of the tests on a real card goes by stages, and says at the end what each of them found.

First whether there is a card, and whether it runs a kernel: without that the run ends, and says
what is missing. Then the tests of the engine, the ops and their kernels, and after them all that is
built of those. A first failure among the ops explains many among the models.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest

STAGES: Final = (
    ("engine, ops and kernels", ("engine", "ops", "kernels", "catalogue")),
    ("layers, optimisers, models, training and commands", ()),
)
"""Names of stages, and the folders of tests in each; the last has all the others."""


class Stages:
    """A plugin of pytest."""

    def __init__(self, found: list[str]) -> None:
        self._lines = found
        self._counts = [Counter[str]() for _ in STAGES]
        self._first: list[str] = ["" for _ in STAGES]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests of the first stage first."""
        items.sort(key=lambda item: stage_of(item.nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Count an outcome; of what is set up and torn down, failures alone."""
        if report.when != "call" and not (report.failed or report.skipped):
            return
        stage = stage_of(report.nodeid)
        self._counts[stage][report.outcome] += 1
        if report.failed:
            self._first[stage] = self._first[stage] or report.nodeid

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what each stage found."""
        terminalreporter.section("stages on the card")
        for line in self._lines:
            terminalreporter.write_line(line)
        for (name, _), counts, first in zip(STAGES, self._counts, self._first, strict=True):
            told = ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items()))
            failure = f"; the first failure: {first}" if first else ""
            terminalreporter.write_line(f"{name}: {told or 'no tests'}{failure}")


def stage_of(nodeid: str) -> int:
    """Return the number of the stage that a test is in.

    Examples
    --------
    >>> stage_of("tests/ops/test_linear.py::test_mm"), stage_of("tests/models/test_vae.py::test_x")
    (0, 1)
    """
    folder = nodeid.partition("tests/")[2].partition("/")[0]
    return next((i for i, (_, folders) in enumerate(STAGES) if folder in folders), len(STAGES) - 1)
