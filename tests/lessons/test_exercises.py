"""Stubs fail for the stated reason, solutions pass, and wrong answers are told what is wrong."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from lessons.mistake import Mistake
from minigen.course import Lesson, lessons
from minigen.course.exercises import Exercise, State, all_exercises, exercises_of
from minigen.course.expectations import AnswerError
from minigen.course.lesson import home

pytestmark = pytest.mark.host_only("answers are functions of NumPy's arrays")

EXERCISES = all_exercises()


def module_of(file: Path) -> ModuleType:
    """Import a file of a lesson."""
    return importlib.import_module(f"lessons.{file.parent.name}.{file.stem}")


def mistakes(lesson: Lesson) -> list[Mistake]:
    """Return the wrong answers to the exercises of a lesson."""
    found = vars(module_of(lesson.notebook.with_name("mistakes.py"))).values()
    return [value for value in found if isinstance(value, Mistake)]


MISTAKES = [
    (exercise, mistake)
    for lesson in lessons()
    for exercise in exercises_of(lesson)
    for mistake in mistakes(lesson)
    if mistake.exercise == exercise.name
]


def functions(file: Path) -> dict[str, inspect.Signature]:
    """Return the functions that a file defines, with their signatures."""
    module = module_of(file)
    return {
        name: inspect.signature(function)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__
        if not name.startswith("_")
    }


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.number)
def test_a_lesson_has_three_exercises_or_more_each_with_a_stub_and_a_solution(
    lesson: Lesson,
) -> None:
    names = [exercise.name for exercise in exercises_of(lesson)]
    stubs, solutions = functions(lesson.exercises), functions(lesson.solutions)
    assert len(names) >= 3
    assert list(stubs) == names
    assert solutions == stubs


@pytest.mark.parametrize("exercise", EXERCISES, ids=str)
def test_the_stub_is_to_do_and_says_what(exercise: Exercise) -> None:
    verdict = exercise.verdict(home())
    assert verdict.state is State.TO_DO
    assert len(verdict.message.split()) >= 3


@pytest.mark.parametrize("exercise", EXERCISES, ids=str)
def test_the_solution_is_right(exercise: Exercise) -> None:
    exercise.judge(getattr(module_of(exercise.lesson.solutions), exercise.name))


@pytest.mark.parametrize("earlier", [False, True])
def test_the_checks_are_pytest_tests_too(tmp_path: Path, earlier: bool) -> None:
    lesson = lessons()[0]
    copied = list(lesson.copy_to(tmp_path))
    answers, tests = lesson.answers_in(tmp_path), copied[-1]
    answers.write_bytes(lesson.solutions.read_bytes())
    if earlier:  # as before a lesson was a folder: tests and answers side by side
        (tmp_path / "exercises").mkdir()
        answers.rename(tmp_path / "exercises" / "lesson_01.py")
        tests = tests.rename(tmp_path / "exercises" / "test_exercises.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tests), "-k", "01"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=str)
def test_a_wrong_answer_is_rejected_with_a_message_that_points_at_the_mistake(
    exercise: Exercise, mistake: Mistake
) -> None:
    with pytest.raises(AnswerError) as caught:
        exercise.judge(mistake.answer)
    assert mistake.says in str(caught.value)


def test_every_exercise_has_two_wrong_answers_or_more() -> None:
    counts = Counter(str(exercise) for exercise, _ in MISTAKES)
    assert [str(exercise) for exercise in EXERCISES if counts[str(exercise)] < 2] == []


def test_every_wrong_answer_is_to_an_exercise_that_exists() -> None:
    for lesson in lessons():
        names = {exercise.name for exercise in exercises_of(lesson)}
        assert {mistake.exercise for mistake in mistakes(lesson)} <= names
