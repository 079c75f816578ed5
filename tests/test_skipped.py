from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.skipped import KEY, Skipped


def noted(*reports: Any, **config: Any) -> dict[str, list[str]]:
    """Return what is written down after reports of tests and of modules."""
    kept: dict[str, list[str]] = {}
    plugin = Skipped(SimpleNamespace(cache=SimpleNamespace(set=kept.__setitem__), **config))  # type: ignore[arg-type]
    for report in reports:
        if hasattr(report, "keywords"):
            plugin.pytest_runtest_logreport(report)
        else:
            plugin.pytest_collectreport(report)
    plugin.pytest_sessionfinish()
    return kept


def test_tests_and_modules_that_skip_themselves_are_noted_once() -> None:
    test = SimpleNamespace(nodeid="a.py::test", skipped=True, keywords={})
    module = SimpleNamespace(nodeid="b.py", skipped=True)
    passed = SimpleNamespace(nodeid="c.py::test", skipped=False, keywords={})
    assert noted(test, module, passed, test) == {KEY: ["a.py::test", "b.py"]}


def test_what_runs_on_request_alone_is_left_out() -> None:
    slow = SimpleNamespace(nodeid="a.py::test", skipped=True, keywords={"slow": True})
    assert noted(slow) == {KEY: []}


def test_of_several_processes_the_first_alone_writes() -> None:
    assert noted(workerinput={}) == {}
