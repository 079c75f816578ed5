"""The exercises: an answer is a function in the learner's file, and is checked by another one.

The check of the exercise ``sigmoid_rule`` is the function ``check_sigmoid_rule`` in the lesson's
``checks.py``. It is given the answer, and raises `AnswerError` with a message that says what is
wrong. A stub raises NotImplementedError, which says what there is to do.
"""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from minigen.course import record
from minigen.course.answers import Watch, raised_in, told
from minigen.course.expectations import AnswerError
from minigen.course.hints import Guide, guides_in, next_hint
from minigen.course.lesson import Lesson, lessons, working_folder

_PREFIX: Final = "check_"
_ANSWERED: Final = "answered"
"""Under what it is remembered that an answer in a notebook was right."""


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
    guide: Guide | None = None

    def __str__(self) -> str:
        return f"{self.lesson.number}-{self.name}"

    @property
    def stub(self) -> Callable[..., Any] | None:
        """The function as it is asked for, if the lesson has a file of stubs."""
        file = self.lesson.exercises
        return _names_in(file).get(self.name) if file.exists() else None

    def judge(self, answer: Any) -> None:
        """Check an answer, and look at its form.

        Raises
        ------
        AnswerError
            If it is wrong.
        NotImplementedError
            If it is still to do.
        """
        watch = Watch(answer, self.stub)
        try:
            self.check(watch.callable())
        except AnswerError as wrong:
            if not watch.notes:
                raise
            raise AnswerError("\n".join([str(wrong), *watch.notes])) from wrong

    def next_hint(self, folder: Path) -> str:
        """Return the next hint, and remember in a working folder that it was given."""
        if self.guide is None:
            return f"There are no hints for {self.name}."
        return next_hint(folder, str(self), self.guide)

    def run(self, folder: Path) -> None:
        """Check the answer in a learner's folder.

        Raises
        ------
        AnswerError
            If the answer is wrong, missing, or can't be read.
        NotImplementedError
            If it is still to do.
        """
        self.judge(self._answer_in(folder))

    def verdict_of(self, answer: Any) -> Verdict:
        """Check an answer, and say what was found."""
        try:
            self.judge(answer)
        except NotImplementedError as stub:
            return Verdict(State.TO_DO, str(stub))
        except AnswerError as wrong:
            return Verdict(State.WRONG, str(wrong))
        except Exception as error:  # noqa: BLE001 - whatever the learner's code does
            return Verdict(State.WRONG, told(error, answer))
        return Verdict(State.RIGHT)

    def verdict(self, folder: Path) -> Verdict:
        """Check the answer in a learner's folder, and say what was found.

        One that was right in a notebook need not be in the file, too.
        """
        verdict = self._verdict_of_file(folder)
        if verdict.state is State.TO_DO and str(self) in record.read(folder).get(_ANSWERED, {}):
            return Verdict(State.RIGHT, "in the notebook")
        return verdict

    def _verdict_of_file(self, folder: Path) -> Verdict:
        answers = self.lesson.answers_in(folder)
        if not answers.exists():
            return Verdict(State.TO_DO)
        try:
            answer = self._answer_in(folder)
        except AnswerError as unreadable:
            return Verdict(State.WRONG, str(unreadable))
        except Exception as error:  # noqa: BLE001 - whatever the learner's code does
            return Verdict(State.WRONG, raised_in(error, str(answers)))
        return self.verdict_of(answer)

    def _answer_in(self, folder: Path) -> Any:
        """Return what the learner's file has under this name."""
        answers = self.lesson.answers_in(folder)
        answer = _names_in(answers).get(self.name)
        if answer is None:
            raise AnswerError(f"{answers.name} has no {self.name}: has it been renamed?")
        return answer


def check(answer: Callable[..., Any]) -> None:
    """Check the answer to an exercise in a notebook, and print what was found.

    A right answer is remembered: `minigen exercise` shows it.

    Parameters
    ----------
    answer : callable
        The function, under the name that the exercise has.

    Raises
    ------
    ValueError
        If no exercise has this name.
    """
    exercise = find_exercise(answer)
    verdict = exercise.verdict_of(answer)
    print(f"{verdict.state}: {verdict.message}" if verdict.message else verdict.state)
    if verdict.state is State.RIGHT:
        record.remember(working_folder(), _ANSWERED, str(exercise), True)


def hint(answer: Callable[..., Any]) -> None:
    """Print the next hint to an exercise; `answer` is as for `check`."""
    print(find_exercise(answer).next_hint(working_folder()))


def find_exercise(answer: Callable[..., Any]) -> Exercise:
    """Return the exercise to which a function is the answer; none is a ValueError."""
    name = getattr(answer, "__name__", repr(answer))
    for lesson in lessons():
        if lesson.checks.exists() and f"def {_PREFIX}{name}(" in lesson.checks.read_text("utf-8"):
            return next(each for each in exercises_of(lesson) if each.name == name)
    raise ValueError(f"no exercise is called {name}: has the function been renamed?")


def exercises_of(lesson: Lesson) -> list[Exercise]:
    """Return the exercises of a lesson, in the order of its hints: from easy to hard."""
    if not lesson.checks.exists():
        return []
    guides = guides_in(lesson.hints)
    order = {name: place for place, name in enumerate(guides)}
    found = [
        Exercise(lesson, name.removeprefix(_PREFIX), check, guides.get(name.removeprefix(_PREFIX)))
        for name, check in _names_in(lesson.checks).items()
        if name.startswith(_PREFIX) and inspect.isfunction(check)
    ]
    return sorted(found, key=lambda exercise: order.get(exercise.name, len(order)))


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
