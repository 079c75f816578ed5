"""The exercises: an answer is a function in the learner's file, checked by one of `checks`.

The check of the exercise ``tanh_rule`` in ``lesson_01.py`` is the function ``check_tanh_rule`` of
`minigen.course.checks.lesson_01`. It is given the answer, and raises `AnswerError` with a message
that says what is wrong. A stub raises NotImplementedError, which says what there is to do.
"""

from __future__ import annotations

import importlib
import importlib.util
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
    """One exercise.

    Attributes
    ----------
    lesson : str
        The lesson's number, such as ``"01"``.
    name : str
        The name of the function to write.
    check : callable
        Takes the answer.
    """

    lesson: str
    name: str
    check: Callable[[Any], None]

    @property
    def file(self) -> str:
        """The name of the file that holds the answer."""
        return f"lesson_{self.lesson}.py"

    def __str__(self) -> str:
        return f"{self.lesson}-{self.name}"

    def run(self, folder: Path) -> None:
        """Check the answer in a folder of exercises.

        Raises
        ------
        AnswerError
            If the answer is wrong, missing, or can't be read.
        NotImplementedError
            If it is still to do.
        """
        self.check(self._answer(folder / self.file))

    def verdict(self, folder: Path) -> Verdict:
        """Check the answer in a folder of exercises, and say what was found."""
        if not (folder / self.file).exists():
            return Verdict(State.TO_DO)
        try:
            self.run(folder)
        except NotImplementedError as stub:
            return Verdict(State.TO_DO, str(stub))
        except AnswerError as wrong:
            return Verdict(State.WRONG, str(wrong))
        except Exception as error:  # noqa: BLE001 - whatever the learner's code does
            return Verdict(State.WRONG, _told(error, folder / self.file))
        return Verdict(State.RIGHT)

    def _answer(self, file: Path) -> Any:
        answer = _load(file).get(self.name)
        if answer is None:
            raise AnswerError(f"{file.name} has no {self.name}: has it been renamed?")
        return answer


def exercises_of(lesson: Lesson) -> list[Exercise]:
    """Return the exercises of a lesson, in the order of their checks."""
    name = f"minigen.course.checks.lesson_{lesson.number}"
    if importlib.util.find_spec(name) is None:
        return []
    module = importlib.import_module(name)
    return [
        Exercise(lesson.number, attribute.removeprefix(_PREFIX), check)
        for attribute, check in vars(module).items()
        if attribute.startswith(_PREFIX) and inspect.isfunction(check)
    ]


def all_exercises() -> list[Exercise]:
    """Return the exercises of all lessons."""
    return [exercise for lesson in lessons() for exercise in exercises_of(lesson)]


def _load(file: Path) -> dict[str, Any]:
    """Run a learner's file as it stands now; return its names."""
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
