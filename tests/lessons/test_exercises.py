"""Stubs fail for the stated reason, solutions pass, and wrong answers are told what is wrong."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lessons import building
from lessons.mistake import Mistake
from minigen.course import Lesson, find_lesson, lessons
from minigen.course.exercises import Exercise, State, all_exercises, exercises_of
from minigen.course.expectations import AnswerError
from minigen.course.lesson import number_in

from .pasting import can_be_called_as, figures_made_once, shown_functions
from .slips import Slip, slips

pytestmark = pytest.mark.host_only("answers are functions of NumPy's arrays")

EXERCISES = all_exercises()
STUBS = {str(exercise): exercise.stub or exercise.check for exercise in EXERCISES}

each_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.number)
each_but_the_primer = pytest.mark.parametrize(  # whose exercises are all short
    "lesson",
    [lesson for lesson in lessons() if lesson.notebook.stem != "00-primer"],
    ids=lambda lesson: lesson.number,
)
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=str)


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


@each_lesson
def test_a_lesson_has_three_exercises_or_more_each_with_a_stub_and_a_solution(
    lesson: Lesson,
) -> None:
    names = {exercise.name for exercise in exercises_of(lesson)}
    stubs, solutions = functions(lesson.exercises), functions(lesson.solutions)
    assert len(names) >= 3
    assert set(stubs) == names
    assert solutions == stubs


@each_but_the_primer
def test_a_lesson_asks_for_all_its_exercises_and_has_a_problem_for_paper(lesson: Lesson) -> None:
    text = lesson.notebook.with_suffix(".md").read_text(encoding="utf-8")
    section = text.partition("\n## Exercises\n")[2].partition("\n## ")[0]
    asked = [
        line.removeprefix("```{exercise} ")
        for line in section.splitlines()
        if line.startswith("```{exercise} ")
    ]
    assert asked == [exercise.name for exercise in exercises_of(lesson)]
    paper = section.partition("**On paper** (")[2]
    assert "<details>\n<summary>Solution</summary>\n\n" in paper
    assert "\n\n</details>" in paper


@each_but_the_primer
def test_exercises_are_graded_from_easy_to_hard_and_have_three_hints(lesson: Lesson) -> None:
    guides = {exercise.name: exercise.guide for exercise in exercises_of(lesson)}
    assert all(guides.values())
    minutes = sorted(guide.minutes for guide in guides.values() if guide)
    assert 5 <= minutes[0] <= 15
    assert 25 <= minutes[-1] <= 60
    assert [name for name, guide in guides.items() if guide and len(guide.hints) != 3] == []


def test_no_two_exercises_have_one_name() -> None:
    counts = Counter(exercise.name for exercise in EXERCISES)
    assert [name for name, count in counts.items() if count > 1] == []


@each_exercise
def test_the_stub_is_to_do_and_says_what(exercise: Exercise) -> None:
    verdict = exercise.verdict_of(exercise.stub)
    assert verdict.state is State.TO_DO
    assert len(verdict.message.split()) >= 3


@each_exercise
def test_the_solution_is_right(exercise: Exercise) -> None:
    exercise.judge(getattr(module_of(exercise.lesson.solutions), exercise.name))


@each_lesson
def test_nothing_that_a_lesson_shows_is_the_answer_to_an_exercise(lesson: Lesson) -> None:
    pytest.importorskip("jupytext", reason="to read lessons, install minigen-numpy[lessons]")
    right = []
    with warnings.catch_warnings(), np.errstate(all="ignore"), figures_made_once():
        warnings.simplefilter("ignore")
        for place, function in shown_functions(lesson).items():
            for exercise in EXERCISES:
                if not can_be_called_as(function, STUBS[str(exercise)]):
                    continue
                try:
                    exercise.check(function)
                except Exception:  # noqa: BLE001 - a function for something else
                    continue
                right.append(f"{exercise}: {place}")
    assert right == []


@pytest.mark.parametrize(
    ("exercise", "slip"),
    [
        (exercise, slip)
        for exercise in EXERCISES
        for slip in slips(exercise, getattr(module_of(exercise.lesson.solutions), exercise.name))
    ],
    ids=str,
)
def test_a_slip_of_form_is_told(exercise: Exercise, slip: Slip) -> None:
    verdict = exercise.verdict_of(slip.answer)
    assert verdict.state is State.WRONG
    assert slip.says in verdict.message


@pytest.mark.parametrize("earlier", [False, True])
def test_the_checks_are_pytest_tests_too(tmp_path: Path, earlier: bool) -> None:
    lesson = find_lesson("01")
    copied = list(lesson.copy_to(tmp_path))
    answers, tests = lesson.answers_in(tmp_path), copied[-1]
    answers.write_bytes(lesson.solutions.read_bytes())
    if earlier:  # as before a lesson was a folder: tests and answers side by side
        (tmp_path / "exercises").mkdir()
        name = f"lesson_{lesson.number}.py"
        answers.rename(tmp_path / "exercises" / name)
        tests = tests.rename(tmp_path / "exercises" / "test_exercises.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tests), "-k", f"{lesson.number}-"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{len(exercises_of(lesson))} passed" in done.stdout, done.stdout


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


def test_the_cells_of_exercises_are_made_of_the_stubs() -> None:
    pytest.importorskip("jupytext", reason="to read lessons, install minigen-numpy[lessons]")
    for source in building.sources():
        cells = [cell.source for cell in building.read(source).cells]
        checks = [cell for cell in cells if cell.startswith("check(")]
        number = number_in(source.stem)
        assert len(checks) == len([e for e in EXERCISES if e.lesson.number == number])
