"""The checks of all exercises as pytest tests: ``pytest lessons/test_exercises.py -k 01``."""

from __future__ import annotations

from pathlib import Path

import pytest

from minigen.course.exercises import Exercise, all_exercises

ANSWERS = Path(__file__).parent


@pytest.mark.parametrize("exercise", all_exercises(), ids=str)
def test_the_answer_is_right(exercise: Exercise) -> None:
    """Run the check of one exercise on the answer in this folder."""
    exercise.run(ANSWERS)
