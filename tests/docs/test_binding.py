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

TESTS = Path(__file__).parent.parent

Marked = dict[str, list[str]]
"""The tests that carry each result, by their names."""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    """Collect every test that names a result, and is not skipped."""
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


def test_every_result_has_a_test_that_carries_it(marked: Marked) -> None:
    assert [name for name in page_of() if not marked.get(name)] == []


def test_no_test_carries_a_result_that_is_not_there(marked: Marked) -> None:
    assert {name: tests for name, tests in marked.items() if name not in page_of()} == {}


def test_results_code_and_tests_are_as_many(marked: Marked) -> None:
    assert len(page_of()) == len(implementers_of()) == len(marked)
