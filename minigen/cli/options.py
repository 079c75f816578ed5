"""Options and types of options that several commands have."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from minigen.models import Option

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


def layer_sizes(
    _ctx: click.Context, _option: click.Parameter, text: str | None
) -> list[int] | None:
    """Read numbers of features, separated by commas: ``400`` or ``400,200``; or none."""
    if text is None:
        return None
    parts = text.split(",") if text else []
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"positive numbers separated by commas, not {text!r}")
    return [int(part) for part in parts]


def numbers(_ctx: click.Context, _option: click.Parameter, text: str | None) -> list[float] | None:
    """Read numbers separated by commas: ``0.5,0.999``."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"numbers separated by commas, not {text!r}") from error


def drawing(default: str) -> Decorator:
    """Make the option --out for the file that a command draws; `default` is its name without."""
    return click.option(
        "--out",
        metavar="FILE.png",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"The picture.  [default: DIR/samples/{default}.png]",
    )


class NameOrPath(click.Choice):  # type: ignore[type-arg] # generic since click 8.2
    """A name of the package's, or where something of one's own is: ``package.module:name``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take a path as it is: it is looked up when it is used."""
        return str(value) if ":" in str(value) else super().convert(value, param, ctx)


def of_model(option: Option, note: str = "", *, hidden: bool = False) -> click.Option:
    """Make the option of the command line for one of a model's.

    Parameters
    ----------
    option : Option
        Its name, type, range and description decide the rest: see `minigen.models.options`.
    note : str
        What help says behind the description.
    hidden : bool
        Whether help leaves it out.
    """
    flag = option.name.replace("_", "-")
    text = f"{option.help.replace('`', '')}  {note}".rstrip()
    details: dict[str, Any] = {"help": text, "hidden": hidden, "default": None}
    if option.type is bool:
        return click.Option([f"--{flag}/--no-{flag}"], **details)
    if option.type is tuple:
        return click.Option([f"--{flag}"], metavar="SIZES", callback=layer_sizes, **details)
    if option.choices:
        return click.Option([f"--{flag}"], type=click.Choice(option.choices), **details)
    if option.type in (int, float):
        return click.Option([f"--{flag}"], type=_range(option), **details)
    return click.Option([f"--{flag}"], **details)


def _range(option: Option) -> click.ParamType[Any]:
    """Return the type of a number that lies in an option's range."""
    ends = option.range
    low = None if ends.low == -math.inf else ends.low
    high = None if ends.high == math.inf else ends.high
    kind: Any = click.IntRange if option.type is int else click.FloatRange
    made: click.ParamType[Any] = kind(low, high, min_open=ends.low_open, max_open=ends.high_open)
    return made


def tell(message: str) -> None:
    """Write a line beside the results: on the standard error stream."""
    click.echo(message, err=True)
