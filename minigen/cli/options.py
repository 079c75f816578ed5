"""Options and types of options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]

run_folder = click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


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
    type=click.Path(file_okay=False, path_type=Path),
    default=_default_working_folder,
    help="Where you work on the lessons.  [default: $MINIGEN_LESSONS, or else ./lessons]",
)


def seed(help: str) -> Decorator:
    """Make the option --seed."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help=help
    )


def drawing(default: str) -> Decorator:
    """Make the option --out for the file that a command draws; `default` is its name without."""
    return click.option(
        "--out",
        metavar="FILE.png",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"The picture.  [default: DIR/samples/{default}.png]",
    )


def tell(message: str) -> None:
    """Write a line beside the results: on the standard error stream."""
    click.echo(message, err=True)
