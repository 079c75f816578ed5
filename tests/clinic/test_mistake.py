"""What is shown of a mistake's code."""

from __future__ import annotations

import ast

import pytest

from minigen.clinic import MISTAKES, Mistake
from minigen.clinic.mistake import source_of

CODES = [
    pytest.param(mistake, whose, id=f"{mistake.number}-{whose}")
    for mistake in MISTAKES
    for whose in ("wrong", "right")
]


@pytest.mark.parametrize(("mistake", "whose"), CODES)
def test_code_is_shown_whole_without_its_docstring(mistake: Mistake, whose: str) -> None:
    code = getattr(mistake, whose)
    (function,) = ast.parse(source_of(code)).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == code.__name__
    assert ast.get_docstring(function) is None
    assert 1 <= len(function.body) <= 6
    assert source_of(mistake.wrong) != source_of(mistake.right)
