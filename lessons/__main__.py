"""The command ``python -m lessons``: make the notebooks from their sources, and count."""

from __future__ import annotations

import dataclasses
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from lessons import building, counting, inspection, symbols
from minigen.course.lesson import number_in, padded

_RUFF: Final = (sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make the notebooks of the course."""


def _sources(numbers: Sequence[str]) -> list[Path]:
    """Return the sources of some lessons, or of all."""
    if not numbers:
        return building.sources()
    found = {number_in(path.stem): path for path in building.sources()}
    found |= {f"documents/{path.stem}": path for path in building.documents()}
    unknown = [number for number in numbers if padded(number) not in found]
    if unknown:
        raise click.UsageError(f"there is no lesson {unknown[0]}; there are {', '.join(found)}")
    return [found[padded(number)] for number in numbers]


@main.command()
@click.argument("numbers", nargs=-1, metavar="[LESSON]...")
@click.option("--fast", is_flag=True, help="Run in fast mode, and save nothing: a quick trial.")
@click.option(
    "--figures",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the figures there as PNG files, to look at.",
)
def build(numbers: tuple[str, ...], fast: bool, figures: Path | None) -> None:
    """Run lessons from their sources, in full, and save them as notebooks with their outputs.

    A lesson with a fault is not saved: see `lessons.inspection`. Of one that was saved before, the
    printed lines that have changed are shown.
    """
    faulty = False
    for source in _sources(numbers):
        start = time.perf_counter()
        notebook = building.execute(building.read(source), fast=fast)
        seconds = time.perf_counter() - start
        if figures is not None:
            building.write_figures(notebook, figures, source.stem)
        faults = inspection.faults(notebook)
        for fault in faults:
            click.echo(f"{source.name}: {fault}", err=True)
        faulty = faulty or bool(faults)
        if faults or fast:
            click.echo(f"{source.stem}: {seconds:.0f} s, not saved")
        else:
            saved = building.notebook_of(source)
            before = building.load(saved) if saved.exists() else notebook
            for line in inspection.changes(before, notebook):
                click.echo(f"{source.stem}: {line}")
            building.write_picture(notebook, source)
            click.echo(f"{building.save(notebook, source)}: {seconds:.0f} s")
    if faulty:
        raise SystemExit(1)


@main.command("format")
@click.argument("numbers", nargs=-1, metavar="[LESSON]...")
def format_(numbers: tuple[str, ...]) -> None:
    """Lay out the code in the sources of lessons as ruff does."""
    from jupytext.cli import jupytext

    through_ruff = ["--pipe", shlex.join(_RUFF), "--pipe-fmt", "py:percent"]
    without_header = ["--opt", "notebook_metadata_filter=-all"]
    for source in _sources(numbers):
        before = source.read_bytes()
        jupytext(["--quiet", *through_ruff, *without_header, str(source)])
        if source.read_bytes() != before:
            click.echo(f"laid out: {source.name}")


@main.command("symbols")
def symbols_() -> None:
    """Make the page of symbols, docs/symbols.md, of their table, lessons/symbols.toml."""
    click.echo(symbols.write())


@main.command()
@click.argument("numbers", nargs=-1, metavar="[LESSON]...")
def count(numbers: tuple[str, ...]) -> None:
    """Count what is in the sources of lessons.

    Words of prose and lines of code: those in sight of who follows the core path (without deeper
    sections, folded cells and solutions, and the cells made for exercises), and all. Then asserts,
    figures, and exercises.
    """
    row = "{:<28}{:>7}{:>7}{:>11}{:>11}{:>9}{:>9}{:>11}".format
    headings = ("words", "lines", "all words", "all lines", "asserts", "figures", "exercises")
    click.echo(row("lesson", *headings))
    for source in _sources(numbers):
        counted = counting.count(building.read(source))
        click.echo(row(source.stem, *dataclasses.astuple(counted)))


if __name__ == "__main__":
    main(prog_name="python -m lessons")
