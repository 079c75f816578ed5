"""Picture files of one's own that a trained model is to work on, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from minigen.cli import options
from minigen.cli.trained import Trained

if TYPE_CHECKING:
    import numpy.typing as npt

    Pictures = npt.NDArray[np.float32]

pictures = click.argument(
    "pictures", metavar="PICTURE...", nargs=-1, required=True, type=options.DataPath()
)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of pictures and of folders; what would be written twice is refused."""
    from minigen.data.pictures import SUFFIXES

    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        found = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
        if not found:
            raise click.UsageError(
                f"PICTURE: the folder {path} holds no file that ends in {', '.join(SUFFIXES)}"
            )
        files += found
    by_name: dict[str, Path] = {}
    for file in files:
        if (other := by_name.setdefault(file.stem, file)) is not file:
            raise click.UsageError(
                f"PICTURE: {other} and {file} would both become {file.stem}.png: take them one "
                "after the other, each with an --out of its own"
            )
    return files


def read_for(run: Trained, file: Path) -> Pictures:
    """Return a picture in [0, 1]: (1, 3, H, W), or, of grey models, each channel (C, 1, H, W)."""
    if run.model.image_shape[0] == 1:
        return read_picture(file, None).swapaxes(0, 1)
    return read_picture(file, run.model.image_shape[0])


def read_picture(file: Path, channels: int | None) -> Pictures:
    """Return a picture in [0, 1], shape (1, C, H, W), grey or coloured as it is if not said.

    A file that can't be read is a `click.ClickException`.
    """
    from minigen.data import OwnData, scale_images
    from minigen.data.pictures import BadPictureError, PictureFile, reading

    try:
        with reading():
            wanted = OwnData(str(file), channels=channels)
            _, pixels = PictureFile(name=file.name, path=file).decode(wanted)
    except BadPictureError as error:
        raise click.ClickException(f"{file} {error}") from error
    return scale_images(pixels[np.newaxis])


def write_picture(run: Trained, path: Path, *parts: Pictures) -> None:
    """Write a picture, as `read_for` returns it, whose parts stand side by side."""
    as_one = np.concatenate(parts, axis=3)
    whole = as_one.reshape(-1, *as_one.shape[2:])
    run.kind.draw_one(options.place(path), whole)  # type: ignore[attr-defined]
