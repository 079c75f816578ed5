from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from benchmarks import architecture, cards, checks, cuda, machine, runs, timing


@pytest.mark.parametrize("module", [architecture, cards, checks, cuda, machine, runs, timing])
def test_the_examples_in_the_docstrings_run(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
