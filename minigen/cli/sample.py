"""``minigen sample``: new images."""

from __future__ import annotations

from pathlib import Path

import click

from minigen.cli import options


@click.command()
@options.run_folder
@click.option("--count", type=click.IntRange(min=1), default=64, show_default=True)
@options.picture("DIR/samples/sample.png")
@options.seed("Where the noise starts.")
@options.device
def sample(folder: Path, count: int, out: Path | None, seed: int, device: str | None) -> None:
    """Draw new images with the model of the run in DIR.

    Each image shows the decoder's mean for latent variables drawn from the prior.
    """
    from minigen.modes import no_grad
    from minigen.random import Generator
    from minigen.training import load_model
    from minigen.viz import save_image_grid

    model = load_model(folder, device=device, report=options.tell)
    if not model.can_sample:
        raise click.ClickException(
            f"the model in {folder}, of the kind {model.name!r}, has no prior to sample from: "
            "it reconstructs only; train a VAE to generate"
        )
    with no_grad():
        images = model.sample(count, generator=Generator(seed))
    path = out or folder / "samples" / "sample.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_image_grid(path, images)
    click.echo(path)
