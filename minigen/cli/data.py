"""``minigen data``: the data sets there are, one of them, or pictures of one's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from minigen.cli import options
from minigen.data import EXTENTS, NAMES
from minigen.data.own_texts import is_text

if TYPE_CHECKING:
    from minigen.data import Availability, OwnData
    from minigen.data.collection import Collection
    from minigen.data.sounds import SoundCollection

_LISTED: Final = 20  # bad files, or classes
_UNASKED: Final = 64  # pixels a side, where pictures differ and no size is asked for

Row = tuple[str, str]


@click.command()
@click.argument("dataset", metavar="[NAME|PATH]", type=options.DataSet(NAMES), required=False)
@click.option(
    "--verify",
    is_flag=True,
    help="Read every file anew and compare it with what was published, or say what is wrong.",
)
@click.option(
    "--show",
    metavar="FILE.png",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw a contact sheet.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 10_000),
    help="How much is on it.  [default: 64 images, or 500 points]",
)
@options.own_data
def data(
    dataset: str | None, verify: bool, show: Path | None, count: int | None, **settings: Any
) -> None:
    """List the data sets, or say what is in one: a set of the package's, or your own pictures.

    A set that is not at hand is downloaded when it is named. Your own pictures are a folder of PNG,
    JPEG, BMP, GIF, WebP or TIFF files, whose sub-folders are the classes; or a .npz or .npy file;
    your own sounds a folder of WAV files.
    """
    if dataset is None:
        _expect_no_options(show, count, settings)
        _show_all(verify)
        return
    own = options.take_own_data(dataset, settings, bad="skip")
    if show is not None:
        _expect_sheet(show, text=dataset == "words" or (own is not None and is_text(own.located)))
    if own is None:
        _show_named(dataset, verify, show, count)
    elif is_text(own.located):
        _show_own_text(own, show, count)
    else:
        _show_own(own, verify, show, count)


def _expect_no_options(show: Path | None, count: int | None, settings: dict[str, Any]) -> None:
    given = {"show": show, "count": count, **settings}
    for name, value in given.items():
        if value is not None:
            raise click.UsageError(f"--{name.replace('_', '-')}: name a data set, too, or a path")


def _expect_sheet(path: Path, *, text: bool) -> None:
    """Refuse a sheet that could not be written, before anything is read."""
    from minigen.viz.style import format_of

    if text and path.suffix.lower() != ".txt":
        raise click.UsageError(f"--show: texts are written into a .txt file, got {str(path)!r}")
    try:
        if not text:
            format_of(path)
    except ValueError as error:
        raise click.UsageError(f"--show: {error}") from error
    if not path.parent.is_dir():
        raise click.UsageError(f"--show: there is no folder {path.parent}")


# ------------------------------------------------------------------------------- of the package's


def _show_all(verify: bool) -> None:
    """Write a table of all sets; with `verify`, whether the files that are there are whole."""
    from rich.console import Console
    from rich.table import Table

    from minigen import data

    table = Table("name", "train", "test", "each", box=None, pad_edge=False)
    table.add_column("where", overflow="fold")
    damaged = []
    for name, state in data.available().items():
        extent = EXTENTS[name]
        where = _where(state)
        if verify and state.found and state.folder.is_dir():  # or there is nothing to verify
            try:
                where = _verified(name)
            except data.DataError as error:
                where = str(error)
                damaged.append(name)
        table.add_row(
            name, f"{extent.train:,}", f"{extent.test:,}", _each(extent.shape, extent.kind), where
        )
    Console(markup=False, highlight=False).print(table)
    if damaged:
        raise click.ClickException(f"damaged: {', '.join(damaged)}")


def _verified(name: str) -> str:
    """Load a set, which verifies its files, and say what that has shown."""
    from minigen import data

    for split in data.SPLITS:
        data.load(name, split)
    if name in {"mnist", "fashion_mnist"}:
        return "every file has the SHA-256 of the published one"
    if name == "cifar10":
        return "every file is whole records with labels from 0 to 9"
    drawn = ("printed_", "coloured_shapes", "glyphs", "outlined_letters", "clips", "textures")
    if name.startswith((*drawn, "scenes")):
        return "the pictures have the SHA-256 of those that everybody has"
    return "part of minigen, as it was installed"


def _where(state: Availability) -> str:
    """Say where a set's files are, if it needs any."""
    needs_files = state.name in {"mnist", "fashion_mnist", "cifar10"}
    return f"{state.folder} ({state.note})" if needs_files and state.found else state.note


def _show_named(name: str, verify: bool, show: Path | None, count: int | None) -> None:
    """Say what is in a set of the package's, which is downloaded if need be."""
    from minigen import data, kinds
    from minigen.engine.creation import tensor

    train, test = (data.load(name, split) for split in data.SPLITS)
    state = data.available()[name]
    kind = kinds.find(train.kind).of(train)
    rows = [
        ("name", name),
        ("each", _each(EXTENTS[name].shape, train.kind)),
        ("train", f"{len(train):,} {kind.plural}"),
        ("test", f"{len(test):,} {kind.plural}"),
        ("classes", _counted_classes(train.classes, train.labels)),
        ("where", _where(state)),
    ]
    if verify:
        rows.append(("verified", _verified(name)))
    _write(rows)
    if show is not None:
        examples = kind.examples(train)[: count or kind.shown]
        real = kind.examples(test)[:5000]
        told = kind.told(train)
        captions = kind.captions(None if told is None else told[: len(examples)], train)
        setting = kinds.Setting(real=lambda: real, captions=captions)
        kind.draw_samples(show, tensor(examples), setting)
        click.echo(show)


# ---------------------------------------------------------------------------------- of one's own


def _show_own_text(own: OwnData, show: Path | None, count: int | None) -> None:
    """Say what is in a file of texts; with `show` write some of them."""
    from minigen import kinds
    from minigen.data.own_texts import read_texts_of
    from minigen.engine.creation import tensor

    found = read_texts_of(own)
    train, tests = found.part("train", own.test_share), found.count_tests(own.test_share)
    cut = f"; lines that are longer, and cut (--window): {found.cut:,}" if found.cut else ""
    _write(
        [
            ("name", found.name),
            ("texts", f"{len(found.images):,} in {own.located}"),
            ("each", f"{_each((train.length,), 'text', own.by)}{cut}"),
            (own.by, f"{len(train.vocabulary) - 1:,} different"),
            ("train", f"{len(train):,} texts"),
            ("test", f"{tests:,} texts"),
            ("digest", found.digest),
        ]
    )
    if show is not None:
        kind = kinds.find("text").of(train)
        shown = tensor(train.tokens[: count or kind.shown])
        kind.draw_samples(show, shown, kinds.Setting(real=lambda: shown))
        click.echo(show)


def _show_own(own: OwnData, verify: bool, show: Path | None, count: int | None) -> None:
    """Say what is in a folder or a file of pictures, and name the files that can't be read."""
    from minigen import kinds
    from minigen.data.collection import bad_files
    from minigen.data.sounds import SoundCollection
    from minigen.engine.creation import tensor

    found, read_as = _read(own, verify)
    if isinstance(found, SoundCollection):
        _show_own_sounds(found, own, show, count)
        return
    verified = [("verified", "every file was read anew")] if verify and not found.bad else []
    _write([*_described(found, own, read_as), *_listed_bad(found), *verified])
    if show is not None:
        alone = found.kind == "styles"  # of two styles each picture stands alone
        kind = kinds.find("image" if alone else found.kind)
        unasked = kind.shown if found.frames else _UNASKED
        shown = tensor(found.examples[: count or unasked] / np.float32(255))
        setting = kinds.Setting(real=lambda: shown, captions=found.captions[: len(shown)])
        kind.draw_samples(show, shown, setting)
        click.echo(show)
    if verify and found.bad:
        raise click.ClickException(bad_files(found))


def _show_own_sounds(
    found: SoundCollection, own: OwnData, show: Path | None, count: int | None
) -> None:
    """Say what is in a folder of WAV files."""
    from minigen import kinds
    from minigen.data.sounds import FULL_SCALE
    from minigen.engine.creation import tensor

    tests, (shortest, longest) = found.count_tests(own.test_share), found.lengths
    _write(
        [
            ("name", found.name),
            ("sounds", f"{len(found.images):,} in {own.located}"),
            ("classes", _counted_classes(found.classes, found.labels)),
            ("lengths", f"{shortest:.3g} to {longest:.3g} seconds"),
            ("read as", f"{found.images.shape[1]:,} samples at {found.rate:,} Hz"),
            ("train", f"{len(found.images) - tests:,} sounds"),
            ("test", f"{tests:,} sounds"),
            ("digest", found.digest),
            *_listed_bad(found),
        ]
    )
    if show is not None:
        kind = kinds.find("sound").of(found)
        sounds = found.images[: count or kind.shown, None] / np.float32(FULL_SCALE)
        shown = tensor(sounds)
        kind.draw_samples(show, shown, kinds.Setting(real=lambda: shown))
        click.echo(show)


def _read(own: OwnData, fresh: bool) -> tuple[Collection | SoundCollection, str]:
    """Read pictures, in some size if need be, and say in which."""
    from minigen import data
    from minigen.data.sounds import read_pictures_or_sounds as read

    try:
        found = read(own, fresh=fresh)
    except data.MixedSizesError:
        some_size = dataclasses.replace(own, size=_UNASKED)
        return read(some_size, fresh=fresh), "only here: training wants a --size"
    return found, "as they are" if own.size is None else own.fit


def _described(found: Collection, own: OwnData, read_as: str) -> Iterator[Row]:
    tests = found.count_tests(own.test_share)
    yield "name", found.name
    counted = "clips" if found.frames else "pictures"
    yield counted, f"{len(found.images):,} in {own.located}"
    yield "classes", _counted_classes(found.classes, found.labels)
    sizes = sorted(found.sizes, key=lambda size: size[0] * size[1])
    smallest, largest = (f"{height}x{width}" for height, width in (sizes[0], sizes[-1]))
    among = f"{len(sizes):,}, from {smallest} to {largest}" if len(sizes) > 1 else smallest
    yield "sizes", f"{among} (height x width)"
    *frames, channels, height, width = found.examples.shape[1:]
    shape = *frames, channels // 2 if found.paired else channels, height, width
    each = _each(shape, found.kind)
    yield "read as", f"{each} ({read_as})"
    yield "train", f"{len(found.images) - tests:,} {counted}"
    yield "test", f"{tests:,} {counted}"
    yield "digest", found.digest


def _listed_bad(found: Collection | SoundCollection) -> Iterator[Row]:
    """Name the files that could not be read, each with the reason."""
    from minigen.data.collection import on_a_line

    if not found.bad:
        yield "bad files", "none"
        return
    yield "bad files", f"{len(found.bad):,}"
    for name, reason in found.bad[:_LISTED]:
        yield "", on_a_line(f"{name} {reason}")
    if len(found.bad) > _LISTED:
        yield "", f"and {len(found.bad) - _LISTED:,} more"


def _counted_classes(names: Sequence[str], labels: Any) -> str:
    """Count the classes, and name the first with the number of examples in each."""
    if labels is None:
        return "none"
    counts = np.bincount(labels, minlength=len(names))
    listed = ", ".join(
        f"{name} ({count:,})" for name, count in list(zip(names, counts, strict=True))[:_LISTED]
    )
    return f"{len(names):,}: {listed}{', ...' if len(names) > _LISTED else ''}"


def _each(shape: Sequence[int], kind: str = "image", by: str = "characters") -> str:
    """Say what one example is."""
    if kind == "point":
        return "points of the plane"
    if kind == "sound":
        return f"sounds of {shape[-1]:,} samples"
    if kind == "spectrogram":
        return f"spectrograms of {shape[-2]} bands in {shape[-1]} frames"
    if kind == "text":
        return f"texts of at most {shape[0]} {by}"
    *frames, channels, height, width = shape
    image = f"{channels}x{height}x{width} {'grey' if channels == 1 else 'colour'}"
    if kind == "clip":
        return f"clips of {frames[0]} frames of {image}"
    return {
        "pair": f"pairs of {image}",
        "styles": f"{image} in two styles",
        "captioned image": f"{image} with a sentence",
    }.get(kind, image)


def _write(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)
