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
    Of a conditional model, both are of one class, and so is all between.
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
    test = load_examples(config, "test")
    if 2 * count > len(test):
        raise click.UsageError(
            f"--count: {config.dataset} has {len(test)} test images, {len(test) // 2} pairs"
        )
    device = device or config.device
    order = Generator(seed).permutation(len(test))
    starts, ends = order[:count], order[count : 2 * count]
    labels = None
    if test.labels is not None:
        ends = _of_the_same_class(order[count:], test.labels, starts)
        labels = to_device(test.labels[starts], device)
    start, end = (
        to_device(latent_means(model, *test.of(chosen)), device) for chosen in (starts, ends)
    )
    with no_grad():
        rows = models.interpolate(model, start, end, steps, labels)
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


def _of_the_same_class(candidates: Any, labels: Any, starts: Any) -> Any:
    """Choose for each start the next candidate of its class; the start itself if none is left."""
    left = list(candidates)
    ends = []
    for start in starts:
        partner = next((index for index in left if labels[index] == labels[start]), start)
        if partner in left:
            left.remove(partner)
        ends.append(partner)
    return ends
