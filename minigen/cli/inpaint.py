"""``minigen inpaint``: a hole in a picture of one's own, filled by a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from minigen.cli import options
from minigen.cli.files import read_picture, write_picture
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad


@click.command()
@options.run_folder
@click.argument("picture", metavar="PICTURE", type=options.DataPath())
@click.option(
    "--mask",
    metavar="FILE",
    required=True,
    type=options.DataPath(),
    help="A picture of the same size, which is white where PICTURE is to be filled, and black "
    "elsewhere.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=options.FilePath(),
    help="The filled picture.  [default: DIR/inpainted/NAME.png of the run]",
)
@click.option("--beside", is_flag=True, help="Show the picture with its hole at the left.")
@options.device
def inpaint(
    folder: Path, picture: Path, mask: Path, out: Path | None, beside: bool, device: str | None
) -> None:
    """Fill the white parts of a mask in a picture, with the model of the run in DIR.

    The picture has the size of those that the model was trained on. Outside the mask it stays as it
    is. A model of grey images makes a coloured picture grey.
    """
    from minigen.models.inpainting import with_holes

    run = Trained.load(folder, device)
    run.ability("fill", "fills no holes: train inpainting")
    path = run.file(out or folder / "inpainted" / f"{picture.stem}.png", "inpaint")
    image = read_picture(picture, run.model.image_shape[0])
    holes = read_picture(mask, 1) >= 0.5
    _expect_fit(image, holes, picture, mask)
    seen = to_device(with_holes(image, holes), run.config.device)
    with no_grad():
        try:
            made = run.model.fill(seen).numpy()
        except ValueError as error:
            raise click.ClickException(f"{picture} does not fit the model: {error}") from error
    shown = [run.model.shown(with_holes(image, holes)), made] if beside else [made]
    write_picture(run, path, *shown)
    click.echo(path)


def _expect_fit(image: Any, holes: Any, picture: Path, mask: Path) -> None:
    """Refuse a mask of another size, and one without a hole."""
    sizes = [f"{width}x{height}" for height, width in (image.shape[2:], holes.shape[2:])]
    if sizes[0] != sizes[1]:
        raise click.UsageError(
            f"--mask: {mask} is {sizes[1]} pixels (width x height), and {picture} is {sizes[0]}: "
            "one size is expected"
        )
    if not holes.any():
        raise click.UsageError(
            f"--mask: {mask} is black all over: paint white what is to be filled"
        )
