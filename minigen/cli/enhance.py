"""``minigen enhance``: a trained restorer on pictures of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from minigen.cli import options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad

if TYPE_CHECKING:
    import numpy.typing as npt


@click.command()
@options.run_folder
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=options.DataPath())
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    help="The folder of the restored pictures, each under its own name; it is made.  "
    "[default: DIR/enhanced of the run]",
)
@click.option(
    "--beside",
    is_flag=True,
    help="Show what was given, too, at the left of each: in pixels as large as the result needs.",
)
@options.device
def enhance(
    folder: Path, pictures: tuple[Path, ...], out: Path | None, beside: bool, device: str | None
) -> None:
    """Restore pictures with the model of the run in DIR: larger, sharper, or without noise.

    A PICTURE is a file (PNG, JPEG, BMP, GIF, WebP or TIFF), or a folder of them, of any size. It is
    taken for what the model is to undo: too few pixels, a blur or noise as in training. A model of
    grey images restores red, green and blue one by one.
    """
    run = Trained.load(folder, device)
    run.ability(
        "restore",
        "does not restore pictures: train super-resolution, deblurring or denoising",
    )
    files = _files(pictures)
    target = out or folder / "enhanced"
    for file in files:
        seen = _as_model_takes(run, file)
        restored = _restored(run, seen)
        path = options.place(target / f"{file.stem}.png")
        _write(run, path, seen, restored, beside)
        click.echo(path)


def _files(pictures: Sequence[Path]) -> list[Path]:
    """Return the files of pictures and of folders; what would be written twice is refused."""
    from minigen.data.pictures import SUFFIXES

    files: list[Path] = []
    for path in pictures:
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
                f"PICTURE: {other} and {file} would both become {file.stem}.png: enhance them one "
                "after the other, each with an --out of its own"
            )
    return files


def _as_model_takes(run: Trained, file: Path) -> npt.NDArray[np.float32]:
    """Return a picture in [0, 1]: (1, 3, H, W), or, of grey models, each channel (C, 1, H, W)."""
    if run.model.image_shape[0] == 1:
        return read_picture(file, None).swapaxes(0, 1)
    return read_picture(file, run.model.image_shape[0])


def read_picture(file: Path, channels: int | None) -> npt.NDArray[np.float32]:
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


def _restored(run: Trained, seen: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return images restored, on the host, cut to [0, 1]."""
    from minigen.models.restoration import restore_in_tiles

    with no_grad():
        made: Any = restore_in_tiles(run.model, to_device(seen, run.config.device))
    return np.asarray(made.numpy().clip(0, 1))


def _write(
    run: Trained,
    path: Path,
    seen: npt.NDArray[np.float32],
    restored: npt.NDArray[np.float32],
    beside: bool,
) -> None:
    """Write a picture, with what was given at its left if that is asked for."""
    shown = [restored]
    if beside:
        height, width = restored.shape[2:]
        blocks = np.asarray(run.model.shown(seen))[:, :, :height, :width]
        shown = [blocks, restored]
    as_one = np.concatenate(shown, axis=3)
    run.kind.draw_one(path, as_one.reshape(-1, *as_one.shape[2:]))  # type: ignore[attr-defined]
