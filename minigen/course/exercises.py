"""The exercises: an answer is a function in the learner's file, and is checked by another one.

The check of the exercise ``sigmoid_rule`` is the function ``check_sigmoid_rule`` in the lesson's
``checks.py``. It is given the answer, and raises `AnswerError` with a message that says what is
wrong. A stub raises NotImplementedError, which says what there is to do.
"""

from __future__ import annotations

import inspect
import runpy
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from minigen.course.expectations import AnswerError
from minigen.course.lesson import Lesson, lessons

_PREFIX: Final = "check_"


class State(StrEnum):
    """How far an exercise is."""

    TO_DO = "to do"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer: the state, and unless it is right, why."""

    state: State
    message: str = ""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson: the name of the function to write, and the check of the answer."""

    lesson: Lesson
    name: str
    check: Callable[[Any], None]

    def __str__(self) -> str:
        return f"{self.lesson.number}-{self.name}"

    def run(self, folder: Path) -> None:
        """Check the answer in a learner's folder.

        Raises
        ------
        AnswerError
            If the answer is wrong, missing, or can't be read.
        NotImplementedError
            If it is still to do.
        """
        answers = self.lesson.answers_in(folder)
        answer = _names_in(answers).get(self.name)
        if answer is None:
            raise AnswerError(f"{answers.name} has no {self.name}: has it been renamed?")
        self.check(answer)

    def verdict(self, folder: Path) -> Verdict:
        """Check the answer in a learner's folder, and say what was found."""
        answers = self.lesson.answers_in(folder)
        if not answers.exists():
            return Verdict(State.TO_DO)
        try:
            self.run(folder)
        except NotImplementedError as stub:
            return Verdict(State.TO_DO, str(stub))
        except AnswerError as wrong:
            return Verdict(State.WRONG, str(wrong))
        except Exception as error:  # noqa: BLE001 - whatever the learner's code does
            return Verdict(State.WRONG, _told(error, answers))
        return Verdict(State.RIGHT)


def exercises_of(lesson: Lesson) -> list[Exercise]:
    """Return the exercises of a lesson, in the order of their checks."""
    if not lesson.checks.exists():
        return []
    return [
        Exercise(lesson, name.removeprefix(_PREFIX), check)
        for name, check in _names_in(lesson.checks).items()
        if name.startswith(_PREFIX) and inspect.isfunction(check)
    ]


def all_exercises() -> list[Exercise]:
    """Return the exercises of all lessons."""
    return [exercise for lesson in lessons() for exercise in exercises_of(lesson)]


def _names_in(file: Path) -> dict[str, Any]:
    """Run a file of a lesson as it stands now; return what its names mean.

    The folder's name is no name of a package, so that the file can't be imported by a statement.
    """
    try:
        return runpy.run_path(str(file), run_name=file.stem)
    except SyntaxError as error:
        raise AnswerError(f"{file.name}, line {error.lineno}, is no Python: {error.msg}") from error


def _told(error: BaseException, file: Path) -> str:
    """Say what an answer raised, and in which line of the learner's file."""
    told = f"it raised {type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    return f"{told} ({file.name}, line {lines[-1]})" if lines else told
