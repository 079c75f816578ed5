"""``minigen lessons`` and ``minigen exercise``: a learner's way through the course.

What is to read is opened in JupyterLab; of what is to do it is said what is wrong with it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from minigen._version import DISTRIBUTION
from minigen.cli import options

if TYPE_CHECKING:
    from minigen.course import Lesson
    from minigen.course.exercises import Exercise, Verdict

_COLOURS: Final = {"right": "green", "wrong": "red", "to do": "yellow"}


@click.command()
@click.argument("number", metavar="[LESSON]", required=False)
@options.working_folder
def lessons(number: str | None, folder: Path) -> None:
    """List the lessons and how far you are; or open the one of a number in JupyterLab.

    A lesson's notebook and exercises are copied to the working folder where they are missing there.
    Nothing of yours is ever replaced.
    """
    if number is None:
        _list_lessons(folder)
    else:
        _open(_found(number), folder)


def _list_lessons(folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from minigen import course
    from minigen.course.exercises import State, exercises_of

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("no.", "lesson", "notebook", "exercises"):
        table.add_column(heading, no_wrap=heading != "lesson")
    for lesson in course.lessons():
        exercises = exercises_of(lesson)
        verdicts = [exercise.verdict(folder) for exercise in exercises]
        right = sum(verdict.state is State.RIGHT for verdict in verdicts)
        notebook = lesson.notebook_in(folder)
        name = notebook.name if notebook.exists() else "not copied yet"
        table.add_row(lesson.number, lesson.title, name, f"{right} of {len(exercises)} right")
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print(f"\nYour folder: {folder}", soft_wrap=True)
    console.print("minigen lessons 01 opens a lesson; minigen exercise 01 checks its exercises.")


def _open(lesson: Lesson, folder: Path) -> None:
    _copy(lesson, folder)
    notebook = lesson.notebook_in(folder)
    if importlib.util.find_spec("jupyterlab") is None:
        raise click.ClickException(
            f"to open {notebook}, JupyterLab is needed: "
            f"python -m pip install '{DISTRIBUTION}[lessons]'"
        )
    program = [sys.executable, "-m", "jupyterlab", str(notebook)]
    environment = os.environ | {
        "MINIGEN_LESSONS": str(folder.resolve())
    }  # a notebook runs below it
    raise SystemExit(subprocess.call(program, env=environment))


@click.command()
@click.argument("number", metavar="[LESSON]", required=False)
@click.option("--solutions", is_flag=True, help="Show the solutions of the lesson's exercises.")
@click.option(
    "--hint",
    metavar="[NAME]",
    is_flag=False,
    flag_value="",
    help="Give the next of three hints to an exercise; without a name, to the first not yet right.",
)
@options.working_folder
def exercise(number: str | None, solutions: bool, hint: str | None, folder: Path) -> None:
    """Check the exercises of a lesson, and say what is wrong; or list those of all lessons.

    The answers are in NN-name/exercises.py of the working folder. If the file is missing, it is put
    there, with stubs that say what is to do. An answer that was right in the notebook counts, too.
    The exit status is 1 until all are right.
    """
    if number is None:
        if solutions or hint is not None:
            raise click.UsageError("name a lesson, such as: minigen exercise 01 --hint")
        _list_exercises(folder)
    elif hint is not None:
        _give_hint(_found(number), hint, folder)
    elif solutions:
        _show_solutions(_found(number))
    else:
        _check(_found(number), folder)


def _list_exercises(folder: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from minigen.course.exercises import all_exercises

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("lesson", "exercise", "minutes", "state", ""):
        table.add_column(heading, justify="right" if heading == "minutes" else "left")
    for exercise in all_exercises():
        verdict = exercise.verdict(folder)
        colour = _COLOURS[verdict.state]
        first_line = "" if verdict.state == "to do" else verdict.message.partition("\n")[0]
        minutes = str(exercise.guide.minutes) if exercise.guide else ""
        state = f"[{colour}]{verdict.state}[/]"
        table.add_row(exercise.lesson.number, exercise.name, minutes, state, escape(first_line))
    console = Console(highlight=False)
    console.print(table)
    answers = folder / "NN-name" / "exercises.py"
    console.print(f"\nAnswers go to {answers}; minigen exercise 01 checks those of lesson 01.")


def _check(lesson: Lesson, folder: Path) -> None:
    from minigen.course.exercises import State, exercises_of

    exercises = exercises_of(lesson)
    if not exercises:
        raise click.ClickException(f"lesson {lesson.number} has no exercises")
    _copy(lesson, folder)
    click.echo(f"{lesson.answers_in(folder)}:")
    verdicts = [(exercise, exercise.verdict(folder)) for exercise in exercises]
    for exercise, verdict in verdicts:
        _tell(exercise, verdict)
    right = sum(verdict.state is State.RIGHT for _, verdict in verdicts)
    click.echo(f"{right} of {len(verdicts)} right")
    if right < len(verdicts):
        click.echo(f"minigen exercise {lesson.number} --hint gives a hint.")
        raise SystemExit(1)


def _tell(exercise: Exercise, verdict: Verdict) -> None:
    """Write the state of an exercise, and below it why."""
    minutes = f" ({exercise.guide.minutes} minutes)" if exercise.guide else ""
    state = click.style(f"{verdict.state:<6}", fg=_COLOURS[verdict.state])
    click.echo(f"  {state} {exercise.name}{'' if verdict.state == 'right' else minutes}")
    _wrap(verdict.message, indent=9)


def _give_hint(lesson: Lesson, name: str, folder: Path) -> None:
    from minigen.course.exercises import State, exercises_of

    exercises = {exercise.name: exercise for exercise in exercises_of(lesson)}
    if name and name not in exercises:
        raise click.UsageError(
            f"lesson {lesson.number} has no exercise {name!r}; it has {', '.join(exercises)}"
        )
    for exercise in [exercises[name]] if name else exercises.values():
        if name or exercise.verdict(folder).state is not State.RIGHT:
            click.echo(f"{exercise.name}:")
            _wrap(exercise.next_hint(folder), indent=2)
            return
    click.echo(f"All exercises of lesson {lesson.number} are right.")


def _wrap(text: str, *, indent: int) -> None:
    """Write lines, each wrapped and indented."""
    for line in text.splitlines():
        space = " " * indent
        click.echo(textwrap.fill(line, 96, initial_indent=space, subsequent_indent=space))


def _show_solutions(lesson: Lesson) -> None:
    from rich.console import Console
    from rich.syntax import Syntax

    code = lesson.solutions.read_text(encoding="utf-8")
    Console().print(Syntax(code, "python", background_color="default"))


def _found(number: str) -> Lesson:
    from minigen import course

    try:
        return course.find_lesson(number)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _copy(lesson: Lesson, folder: Path) -> None:
    """Put the lesson's files where they are missing, and say which."""
    for copied in lesson.copy_to(folder):
        click.echo(f"new: {copied}")
