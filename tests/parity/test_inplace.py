"""Writing in place as in PyTorch: the same results, gradients and refusals, program by program."""

from __future__ import annotations

import pytest

import minigen

from . import fixtures
from .evaluation import Results, assert_same
from .inplace_programs import PROGRAMS, results_of


class Library:
    """minigen under the names that the programs use."""

    tensor = staticmethod(minigen.tensor)
    zeros = staticmethod(minigen.zeros)
    ones = staticmethod(minigen.ones)
    no_grad = minigen.no_grad

    class autograd:  # noqa: N801 - PyTorch's name
        grad = staticmethod(minigen.grad)


@pytest.fixture(scope="module")
def kept() -> Results:
    return fixtures.read(fixtures.INPLACE)


def test_there_are_sixty_programs_and_more() -> None:
    assert len(PROGRAMS) >= 60


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_what_pytorch_gives(name: str, kept: Results) -> None:
    found = results_of({name: PROGRAMS[name]}, Library)
    expected = {key: array for key, array in kept.items() if key.split("/")[0] == name}
    assert expected, f"no results of {name} in {fixtures.INPLACE.name}: run make_fixtures"
    assert_same(found, expected, name)
