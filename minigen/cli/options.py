"""Options and types of options that several commands have."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from minigen.engine.random import LEAST_LIMIT

if TYPE_CHECKING:
    from minigen.data import OwnData

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


class DataPath(_NamedPath):
    """The path of pictures of one's own: a folder, or a file that is there."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)


_MOVED: Final = "minigen.cli.options.data"
"""Where click's context keeps where a run's own pictures are now."""


def _remember_data(ctx: click.Context, _option: click.Parameter, path: Path | None) -> None:
    ctx.meta[_MOVED] = path


def moved_data() -> Path | None:
    """Return where the run's own pictures are now, if the command line says so."""
    path: Path | None = click.get_current_context().meta.get(_MOVED)
    return path


def run_folder(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take the folder of a run, and where its own pictures are now: see `moved_data`."""
    folder = click.argument("folder", metavar="DIR", type=FolderPath(exists=True))
    elsewhere = click.option(
        "--data",
        metavar="PATH",
        type=DataPath(),
        expose_value=False,
        callback=_remember_data,
        help="Where the run's own pictures are now, if they were moved.",
    )
    return folder(elsewhere(command))


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


truncation = click.option(
    "--truncation",
    metavar="T",
    type=FiniteRange(min=LEAST_LIMIT),
    help="Of a GAN: draw noise again where it lies farther than T from 0. The smaller T is, the "
    "better samples look, and the more alike.  [default: noise as in training]",
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


def leave_words_to_the_root() -> None:
    """Under ``mpiexec`` let one process speak for all; what ends another goes around this."""
    from minigen.distributed import launched, load_mpi

    if launched() and load_mpi().COMM_WORLD.Get_rank() > 0:
        sys.stdout = sys.stderr = None  # as in a program without a console


# ------------------------------------------------------------------------- pictures of one's own


class DataSet(click.Choice):  # type: ignore[type-arg] # generic since click 8.2
    """A name of the package's, a path of one's own pictures, or ``package.module:function``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what is there as it is, and what is ``module:function``: it is looked up later."""
        from minigen.data.own import is_path

        name = str(value)
        if name in self.choices or is_path(name) or ":" in name:
            return name
        return self.fail(
            f"{name!r} is neither a data set ({', '.join(map(str, self.choices))}) nor a file or "
            "folder that is there",
            param,
            ctx,
        )


class PictureSize(click.ParamType):  # type: ignore[type-arg] # generic since click 8.2
    """A number of pixels, or ``WIDTHxHEIGHT``; returned as (height, width)."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read one number or two."""
        found = re.fullmatch(r"([0-9]{1,6})(?:x([0-9]{1,6}))?", str(value))
        if found is None:
            self.fail(
                f"a number of pixels such as 32 is expected, or WIDTHxHEIGHT such as 64x48, got "
                f"{value!r}",
                param,
                ctx,
            )
        width = int(found[1])
        return int(found[2] or width), width


BY_DATA: Final = ("image_shape", "classes", "vocabulary", "rate")
"""Options of models that the data decide."""

_OWN_OPTIONS: Final = {
    "size": "size",
    "fit": "fit",
    "image_channels": "channels",
    "test_share": "test_share",
    "background": "background",
    "layout": "layout",
    "bad": "bad",
    "frames": "frames",
    "rate": "rate",
    "length": "length",
    "by": "by",
    "window": "window",
    "column": "column",
}
"""The options that say how one's own pictures are read, and what `OwnData` calls them."""


_OF_TEXTS: Final = ("by", "window", "column")
"""Those of them that are for texts."""


def own_data(command: Callable[..., Any]) -> Callable[..., Any]:
    """Make the options that say how one's own pictures are read: see `take_own_data`."""
    from minigen.data.own import BAD, BY, FITS, LAYOUTS

    added = (
        click.option(
            "--size",
            metavar="PIXELS|WIDTHxHEIGHT",
            type=PictureSize(),
            help="Of your own pictures: the size that all get.  [default: the one they have]",
        ),
        click.option(
            "--fit",
            type=click.Choice(FITS),
            help="Cut the middle out, keep all with borders, or distort.  [default: crop]",
        ),
        click.option(
            "--image-channels",
            type=click.Choice(["1", "3"]),
            help="Grey or colour.  [default: grey if all pictures are]",
        ),
        click.option(
            "--test-share",
            type=click.FloatRange(0, 1),
            help="The share of pictures that is kept for tests.  [default: 0.1]",
        ),
        click.option(
            "--background",
            metavar="COLOUR",
            help="What is behind transparent pixels, and the borders' colour.  [default: white]",
        ),
        click.option(
            "--layout",
            type=click.Choice(LAYOUTS),
            help="The order of an array's axes, where its shape does not tell.",
        ),
        click.option(
            "--bad",
            type=click.Choice(BAD),
            help="Refuse files that can't be read, or leave them out.  [default: refuse]",
        ),
        click.option(
            "--frames",
            metavar="N",
            type=click.IntRange(min=2),
            help="Read GIFs, and folders of numbered pictures, as clips of so many frames, the "
            "first ones of each.",
        ),
        click.option(
            "--rate",
            metavar="HZ",
            type=click.IntRange(1000, 192_000),
            help="Of your own WAV files: the samples a second that all get.  [default: 8000]",
        ),
        click.option(
            "--length",
            metavar="SAMPLES",
            type=click.IntRange(16, 1_000_000),
            help="The samples of each sound: longer ones are cut, shorter ones filled up with "
            "silence.  [default: 1024]",
        ),
        click.option(
            "--by",
            type=click.Choice(BY),
            help="Of your own text, a .txt or .csv file: what is learnt, one after the other.  "
            "[default: characters]",
        ),
        click.option(
            "--window",
            metavar="N",
            type=click.IntRange(min=2),
            help="Of your own text: cut lines of more characters or words than N.  [default: 100]",
        ),
        click.option(
            "--column",
            metavar="NAME",
            help="Of a .csv file: the column with the texts.  [default: the only one, or text]",
        ),
    )
    for option in reversed(added):
        command = option(command)
    return command


def take_own_data(dataset: str, settings: dict[str, Any], **defaults: Any) -> OwnData | None:
    """Take the options for one's own pictures out of `settings`; None if the data are others.

    `defaults` are for what was not given. Options that don't go with the data are a
    `click.UsageError`.
    """
    from minigen.data import NAMES, OwnData
    from minigen.data.own import is_path
    from minigen.data.own_texts import is_text

    given = {option: settings.pop(option) for option in _OWN_OPTIONS}
    chosen = {option: value for option, value in given.items() if value is not None}
    for_text = is_path(dataset) and is_text(Path(dataset).expanduser())
    for option in chosen if dataset not in NAMES and is_path(dataset) else ():
        if option != "test_share" and (option in _OF_TEXTS) != for_text:
            found, kind = "pictures", "text, a .txt or .csv file"
            if for_text:
                found, kind = "text", found
            raise click.UsageError(
                f"{_flag(option)}: {dataset} holds {found}; the option is for your own {kind}"
            )
    if for_text:
        defaults = {}
    if dataset in NAMES or not is_path(dataset):
        for option in chosen:
            raise click.UsageError(
                f"{_flag(option)}: {dataset} is taken as it is; the option is for pictures of your "
                "own, a folder or a file"
            )
        return None
    if "image_channels" in chosen:
        chosen["image_channels"] = int(chosen["image_channels"])
    named = {_OWN_OPTIONS[option]: value for option, value in chosen.items()}
    try:
        return OwnData(dataset, **{**defaults, **named})
    except ValueError as error:
        setting = str(error).partition(":")[0]
        flag = next(_flag(option) for option, name in _OWN_OPTIONS.items() if name == setting)
        raise click.UsageError(f"{error} ({flag})") from error


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"
