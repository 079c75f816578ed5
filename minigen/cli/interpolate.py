"""``minigen interpolate``: from one test image to another through latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from minigen.cli import options


@click.command()
@options.run_folder
@click.option("--count", type=click.IntRange(min=1), default=8, show_default=True, help="Rows.")
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    default=10,
    show_default=True,
    help="Images a row, both ends counted.",
)
@options.picture("DIR/samples/interpolate.png")
@options.seed("Which test images are paired.")
@options.device
def interpolate(
    folder: Path, count: int, steps: int, out: Path | None, seed: int, device: str | None
) -> None:
    """Show the way from one test image to another through the latent space of the run in DIR.

    A row starts at the reconstruction of one image and ends at that of another; between them the
    decoder shows points of the straight line from the one's latent mean, or code, to the other's.
    """
    from minigen import models
    from minigen.backend import to_device
    from minigen.metrics import latent_means
    from minigen.modes import no_grad
    from minigen.random import Generator
    from minigen.training import RunFolder, load_examples, load_model
    from minigen.viz import save_image_table

    config = RunFolder(folder).read_config()
    model: Any = load_model(folder, device=device, report=options.tell)
    images = load_examples(config, "test").images
    if 2 * count > len(images):
        raise click.UsageError(
            f"--count: {config.dataset} has {len(images)} test images, {len(images) // 2} pairs"
        )
    chosen = Generator(seed).permutation(len(images))[: 2 * count]
    z = to_device(latent_means(model, images[chosen]), device or config.device)
    with no_grad():
        rows = models.interpolate(model, z[:count], z[count:], steps)
    path = out or folder / "samples" / "interpolate.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_image_table(
        path,
        rows,
        columns=[f"{step / (steps - 1):.2g}" for step in range(steps)],
        column_title="t,  with  z = (1 − t) z₀ + t z₁",
        title=f"{config.model} on {config.dataset}: from one test image to another",
    )
    click.echo(path)
