"""``minigen translate``: pictures of one's own made into what a model learnt to make of them."""

from __future__ import annotations

from pathlib import Path

import click

from minigen.cli import files, options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad
from minigen.models.cyclegan import BACK


@click.command()
@options.run_folder
@files.pictures
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    help="The folder of the translations, each under its picture's name; it is made.  "
    "[default: DIR/translated of the run]",
)
@click.option(
    "--direction",
    type=click.Choice(tuple(BACK)),
    help="Of a model of two styles, from which into which.  [default: a-to-b]",
)
@click.option("--beside", is_flag=True, help="Show what was given, too, at the left of each.")
@options.device
def translate(
    folder: Path,
    pictures: tuple[Path, ...],
    out: Path | None,
    direction: str | None,
    beside: bool,
    device: str | None,
) -> None:
    """Translate pictures with the model of the run in DIR, as it learnt from pairs or two styles.

    A PICTURE is a file (PNG, JPEG, BMP, GIF, WebP or TIFF), or a folder of them, of any size; best
    it looks like the inputs that the model was trained on. A model of grey images translates red,
    green and blue one by one.
    """
    run = Trained.load(folder, device)
    run.ability("translate", "translates nothing: train pix2pix or cyclegan")
    if direction is not None and not run.can("cycle"):
        raise click.UsageError(
            f"--direction: the model {run.model.name!r} in {folder} translates inputs into targets "
            "alone; cyclegan goes both ways"
        )
    way = () if direction is None else (direction,)
    for file in files.find_files(pictures):
        given = files.read_for(run, file)
        with no_grad():
            made = run.model.translate(to_device(given, run.config.device), *way).numpy()
        path = (out or folder / "translated") / f"{file.stem}.png"
        files.write_picture(run, path, *([given] if beside else []), made)
        click.echo(path)
