"""Every result of the derivations has code, a check that runs on its page, and a test.

Tests carry the results that they check as a marker: ``@pytest.mark.derivation("adam")``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minigen.explanation import implementers_of, page_of

from .marked import carried

TESTS = Path(__file__).parent.parent

Marked = dict[str, list[str]]
"""The tests that carry each result, by their names."""


@pytest.fixture(scope="module")
def marked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    """Collect every test that names a result, and is not skipped."""
    if has_all_tests(request.config):
        return carried(request.session.items)
    folder = tmp_path_factory.mktemp("marked")
    files = [
        path for path in TESTS.rglob("*.py") if "derivation" in path.read_text(encoding="utf-8")
    ]
    tests = [str(path) for path in files if path.name.startswith("test_")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "tests.docs.marked", *tests],
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": str(TESTS.parent), "MARKED": str(folder / "marked.json")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: Marked = json.loads((folder / "marked.json").read_text(encoding="utf-8"))
    return found


def has_all_tests(config: pytest.Config) -> bool:
    """Tell whether this very run has collected all tests, so that no other need to."""
    narrower = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")
    return TESTS.name in config.args and not any(config.getoption(each, None) for each in narrower)


def test_every_result_has_a_test_that_carries_it(marked: Marked) -> None:
    assert [name for name in page_of() if not marked.get(name)] == []


def test_no_test_carries_a_result_that_is_not_there(marked: Marked) -> None:
    assert {name: tests for name, tests in marked.items() if name not in page_of()} == {}


def test_results_code_and_tests_are_as_many(marked: Marked) -> None:
    assert len(page_of()) == len(implementers_of()) == len(marked)
