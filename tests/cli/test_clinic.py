"""``minigen clinic`` lists mistakes, and shows one beside its cure."""

from __future__ import annotations

import re

import pytest

from minigen.clinic import MISTAKES, find
from minigen.clinic.mistake import source_of

from .helpers import call, error


def test_all_mistakes_are_listed() -> None:
    shown = call("clinic").output
    numbers = [int(number) for number in re.findall(r"^ ?(\d+)  ", shown, re.MULTILINE)]
    assert numbers == [mistake.number for mistake in MISTAKES]
    assert "minigen clinic 1 shows" in shown


@pytest.mark.parametrize("number", [2, 7, 24])
def test_one_is_shown_wrong_beside_right_with_what_was_measured(number: int) -> None:
    mistake = find(number)
    shown = call("clinic", number).output
    squeezed = " ".join(shown.split())
    assert shown.startswith(f"{number}. {mistake.title}")
    for code in (mistake.wrong, mistake.right):
        last = source_of(code).splitlines()[-1]  # which a narrow terminal folds
        assert "".join(last.split()) in "".join(shown.split())
    assert "verdict WRONG right right" in squeezed
    assert f"The symptom: {mistake.symptom}" in squeezed
    assert f"The cure: {mistake.cure}" in squeezed
    assert f"lesson {mistake.lesson}" in squeezed


def test_a_number_that_is_none_is_refused() -> None:
    assert "there is no mistake 26: they are numbered 1 to 25" in error("clinic", 26, status=2)
    assert "'twelve' is not a valid integer" in error("clinic", "twelve", status=2)
