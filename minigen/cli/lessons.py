"""``minigen lessons``: the lessons, and JupyterLab on one of them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import click

from minigen.cli import options


@click.command()
@click.argument("number", metavar="[LESSON]", required=False)
@options.working_folder
def lessons(number: str | None, folder: Path) -> None:
    """List the lessons and how far you are; or open the one of a number in JupyterLab.

    A lesson's notebook and exercises are copied to the working folder where they are missing there.
    Nothing of yours is ever replaced.
    """
    if number is None:
        _show(folder)
    else:
        _open(number, folder)


def _show(folder: Path) -> None:
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


def _open(number: str, folder: Path) -> None:
    from minigen import course

    try:
        lesson = course.find_lesson(number)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for copied in lesson.copy_to(folder):
        click.echo(f"new: {copied}")
    notebook = lesson.notebook_in(folder)
    if importlib.util.find_spec("jupyterlab") is None:
        raise click.ClickException(
            f"to open {notebook}, JupyterLab is needed: python -m pip install 'minigen[lessons]'"
        )
    raise SystemExit(subprocess.call([sys.executable, "-m", "jupyterlab", str(notebook)]))
