"""Options and types of options that several commands have."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sized
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]

LARGEST: Final = 3.4e38
"""About the largest number of float32."""

SAME: Final = {".jpg": (".jpg", ".jpeg")}
"""Endings of one format."""


class FiniteRange(click.FloatRange):
    """A range of numbers without NaN, infinity and what float32 takes for it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or say why it is none."""
        number = super().convert(value, param, ctx)
        if not abs(number) <= LARGEST:
            self.fail(f"a number of at most {LARGEST:.2g} is expected, got {value}", param, ctx)
        return number


class _NamedPath(click.Path):
    """A path that is named: the empty text, which Python takes for the present folder, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or say that there is none."""
        if not str(value):
            self.fail("a name is expected, got an empty one", param, ctx)
        return super().convert(value, param, ctx)


class FolderPath(_NamedPath):
    """The path of a folder, which may have to be made."""

    def __init__(self, exists: bool = False) -> None:
        super().__init__(exists=exists, file_okay=False, path_type=Path)


class FilePath(_NamedPath):
    """The path of a file to be written."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)


def place(path: Path) -> Path:
    """Make the folder of a file that is about to be written; return the file's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


run_folder = click.argument("folder", metavar="DIR", type=FolderPath(exists=True))


def _device_name(_ctx: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    """Refuse what is no device's name."""
    from minigen.engine.backend import canonical_device

    try:
        return None if name is None else canonical_device(name)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


device = click.option(
    "--device",
    metavar="cpu|cuda",
    callback=_device_name,
    help="Where to compute; by default where the run was trained.",
)

device_from_the_start = click.option(
    "--device",
    metavar="cpu|cuda",
    callback=_device_name,
    default="cpu",
    show_default=True,
    help="Where to compute.",
)

order = click.option(
    "--order",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="1: gradients; 2: also the gradients of gradients.",
)


def _default_working_folder() -> Path:
    from minigen.course.lesson import working_folder

    return working_folder()


working_folder = click.option(
    "--folder",
    metavar="DIR",
    type=FolderPath(),
    default=_default_working_folder,
    help="Where you work on the lessons.  [default: $MINIGEN_LESSONS, or else ./lessons]",
)


def seed(help: str) -> Decorator:
    """Make the option --seed."""
    return click.option(
        "--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help=help
    )


def drawing(default: str) -> Decorator:
    """Make the option --out for the file that a command draws; `default` is its name without."""
    return click.option(
        "--out",
        metavar="FILE",
        type=FilePath(),
        help="The picture, PNG or JPEG as the name ends; its folder is made.  "
        f"[default: DIR/samples/{default}.png]",
    )


def no_bar(parts: Sized) -> bool:
    """Tell whether a progress bar is out of place: of one part, or without a console."""
    return len(parts) < 2 or sys.stderr is None


def tell(message: str) -> None:
    """Write a line beside the results: on the standard error stream."""
    click.echo(message, err=True)
