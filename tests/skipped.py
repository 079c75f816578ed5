"""What a run of the tests skipped for want of an extra, to be run once the extra is there.

``python -m tests.skipped`` names the tests of the latest run, one in a line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

KEY: Final = "minigen/skipped"
"""Where pytest's cache has the names."""

FILE: Final = Path(__file__).parent.parent / ".pytest_cache" / "v" / KEY

_FOR_ANOTHER_REASON: Final = {"slow", "browser", "device_only", "host_only"}
"""The markers of tests that are skipped by request."""


class Skipped:
    """Notes tests, and modules, that skip themselves; those that are marked are another matter."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._names: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that was skipped."""
        if report.skipped and _FOR_ANOTHER_REASON.isdisjoint(report.keywords):
            self._names.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped as a whole."""
        if report.skipped:
            self._names.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the names down, unless this is one of several processes."""
        cache = getattr(self._config, "cache", None)  # pytest may be told to keep none
        if cache is not None and not hasattr(self._config, "workerinput"):
            cache.set(KEY, sorted(set(self._names)))


if __name__ == "__main__":
    print("\n".join(json.loads(FILE.read_text(encoding="utf-8"))))
