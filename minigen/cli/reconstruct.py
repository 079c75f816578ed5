"""``minigen reconstruct``: test images and what the model makes of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from minigen.cli import options


@click.command()
@options.run_folder
@click.option("--count", type=click.IntRange(min=1), default=20, show_default=True)
@options.picture("DIR/samples/reconstruct.png")
@options.device
def reconstruct(folder: Path, count: int, out: Path | None, device: str | None) -> None:
    """Show test images above their reconstructions by the model of the run in DIR.

    Of a denoising autoencoder, the corrupted images that it sees are shown, too.
    """
    from minigen.engine.modes import no_grad
    from minigen.engine.random import Generator
    from minigen.training import RunFolder, load_examples, load_model
    from minigen.viz import save_reconstructions

    config = RunFolder(folder).read_config()
    model = load_model(folder, device=device, report=options.tell)
    if not model.can_reconstruct:
        raise click.ClickException(
            f"the model in {folder}, of the kind {model.name!r}, has no encoder: it makes images "
            "of noise, and none of images; see minigen sample"
        )
    config = dataclasses.replace(config, device=device or config.device)
    originals, labels = load_examples(config, "test").first(count)
    with no_grad():
        seen = model.corrupt(originals, generator=Generator(config.seed))
        images = model.reconstruct(seen, labels)
    path = out or folder / "samples" / "reconstruct.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_reconstructions(
        path,
        originals,
        images,
        corrupted=None if seen is originals else seen,
        title=f"{config.model} on {config.dataset}",
    )
    click.echo(path)
