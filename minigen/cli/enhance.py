"""``minigen enhance``: a trained restorer on pictures of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from minigen.cli import files, options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad

if TYPE_CHECKING:
    import numpy.typing as npt


@click.command()
@options.run_folder
@files.pictures
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
    for file in files.find_files(pictures):
        seen = files.read_for(run, file)
        restored = _restored(run, seen)
        path = (out or folder / "enhanced") / f"{file.stem}.png"
        given = [_in_blocks(run, seen, restored)] if beside else []
        files.write_picture(run, path, *given, restored)
        click.echo(path)


def _restored(run: Trained, seen: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return images restored, on the host, cut to [0, 1]."""
    from minigen.models.restoration import restore_in_tiles

    with no_grad():
        made: Any = restore_in_tiles(run.model, to_device(seen, run.config.device))
    return np.asarray(made.numpy().clip(0, 1))


def _in_blocks(
    run: Trained, seen: npt.NDArray[np.float32], restored: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return what was given, in pixels as large as the result needs."""
    height, width = restored.shape[2:]
    return np.asarray(run.model.shown(seen))[:, :, :height, :width]
