"""``minigen reproduce``: published figures, made again."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minigen.cli import options
from minigen.cli.evaluate import evaluate
from minigen.cli.train import train

if TYPE_CHECKING:
    from minigen.results import Reproduction, Table


class InProcess:
    """Trains and evaluates by the commands themselves, in this process."""

    def __init__(self, device: str) -> None:
        self._device = device

    def train(self, arguments: Sequence[str], folder: Path) -> None:
        """Train a run into a folder; if it holds the run already, finish it."""
        begun = (folder / "config.json").is_file()
        where = ["--device", self._device, "--out", str(folder)]
        words = ["--resume", str(folder)] if begun else [*arguments, *where]
        train.main(words, "minigen train", standalone_mode=False)

    def evaluate(self, folder: Path, arguments: Sequence[str]) -> dict[str, Any]:
        """Return what ``evaluate --json`` writes of a finished run."""
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            words = [str(folder), "--json", *arguments]
            evaluate.main(words, "minigen evaluate", standalone_mode=False)
        found: dict[str, Any] = json.loads(text.getvalue())
        return found


def _seeds(_ctx: click.Context, _option: click.Parameter, text: str | None) -> list[int] | None:
    """Read seeds separated by commas."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise click.BadParameter(f"numbers separated by commas, not {text!r}")
    return list(dict.fromkeys(map(int, parts)))


@click.command()
@click.argument("name", metavar="[TABLE]", required=False)
@click.option(
    "--seeds", metavar="SEED,...", callback=_seeds, help="Only these.  [default: all published]"
)
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    help="Where runs and the table go.  [default: runs/reproduce/TABLE]",
)
@options.device_from_the_start
def reproduce(name: str | None, seeds: list[int] | None, out: Path | None, device: str) -> None:
    """Make the published figures of TABLE again, and say whether they hold.

    Without TABLE all are listed, with the time that they take. Every run is trained by the command
    that was published; Ctrl-C stops, and the same command goes on from there. The exit status is 1
    if a figure does not hold.
    """
    from minigen.results import published
    from minigen.results import reproduce as make

    tables = published()
    if name is None:
        _list(list(tables.values()))
        return
    if name not in tables:
        raise click.BadParameter(f"{name!r} is none of {', '.join(tables)}", param_hint="'TABLE'")
    table, folder = tables[name], out or Path("runs", "reproduce", name)
    try:
        made = make(table, folder, InProcess(device), seeds=seeds, report=options.tell)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--seeds'") from error
    _show(made)
    click.echo(f"table  {folder / 'table.md'}")
    if not made.holds:
        raise SystemExit(1)


def _list(tables: Sequence[Table]) -> None:
    """Write the tables that can be made again."""
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False)
    for title in ("table", "what", "runs", "about"):
        grid.add_column(title, no_wrap=title != "what")
    for table in tables:
        count = sum(len(row.seeds) for row in table.rows)
        grid.add_row(table.name, table.title, str(count), _duration(table.minutes))
    Console(highlight=False).print(grid)


def _show(made: Reproduction) -> None:
    """Write what was measured beside what is published."""
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(title=made.table.title, title_justify="left")
    for title in ("", "what", "seeds", "measured", "published", "holds"):
        grid.add_column(title)
    for row, key, values, holds in made:
        grid.add_row(
            row.name,
            made.table.columns[key],
            ", ".join(map(str, values)),
            f"{sum(values.values()) / len(values):.4g}",
            f"{row.mean(key, list(values)):.4g}",
            "yes" if holds else "[bold]no[/]",
        )
    Console(highlight=False).print(grid)


def _duration(minutes: float) -> str:
    """Write a time as one would say it.

    Examples
    --------
    >>> _duration(6), _duration(70)
    ('6 min', '1 h 10 min')
    """
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
