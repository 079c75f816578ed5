"""``minigen translate``: pictures of one's own made into what a model learnt from pairs."""

from __future__ import annotations

from pathlib import Path

import click

from minigen.cli import files, options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad


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
@click.option("--beside", is_flag=True, help="Show what was given, too, at the left of each.")
@options.device
def translate(
    folder: Path, pictures: tuple[Path, ...], out: Path | None, beside: bool, device: str | None
) -> None:
    """Translate pictures with the model of the run in DIR, as it learnt from pairs.

    A PICTURE is a file (PNG, JPEG, BMP, GIF, WebP or TIFF), or a folder of them, of any size; best
    it looks like the inputs that the model was trained on. A model of grey images translates red,
    green and blue one by one.
    """
    run = Trained.load(folder, device)
    run.ability("translate", "translates nothing: train pix2pix")
    for file in files.find_files(pictures):
        given = files.read_for(run, file)
        with no_grad():
            made = run.model.translate(to_device(given, run.config.device)).numpy()
        path = (out or folder / "translated") / f"{file.stem}.png"
        files.write_picture(run, path, *([given] if beside else []), made)
        click.echo(path)
