"""``minigen interpolate``: from one test image to another through latent space."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Show the way from one image to another through the latent space of the run in DIR.

    A row starts at the reconstruction of one test image and ends at that of another; between them
    the decoder shows points of the straight line from the one's latent mean, or code, to the
    other's. Of a conditional model, both are of one class, and so is all between. A GAN has no
    encoder: its rows go from one draw of its noise to another.
    """
    from minigen import models
    from minigen.engine.modes import no_grad
    from minigen.training import RunFolder, load_examples, load_model
    from minigen.viz import save_image_table

    config = RunFolder(folder).read_config()
    model: Any = load_model(folder, device=device, report=options.tell)
    if len(model.image_shape) != 3:
        raise click.ClickException(
            f"the model in {folder} makes points of the plane, which no row of images shows: "
            "see minigen sample"
        )
    device = device or config.device
    if model.can_reconstruct:
        ends = _between_test_images(model, load_examples(config, "test"), count, seed, device)
    else:
        ends = _between_draws(model, count, seed, device)
    with no_grad():
        rows = models.interpolate(model, ends.start, ends.end, steps, ends.labels)
    path = out or folder / "samples" / "interpolate.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_image_table(
        path,
        rows,
        columns=[f"{step / (steps - 1):.2g}" for step in range(steps)],
        column_title="t,  with  z = (1 − t) z₀ + t z₁",
        title=f"{config.model} on {config.dataset}: from one {ends.what} to another",
    )
    click.echo(path)


@dataclass(frozen=True)
class _Ends:
    """Latents (N, latent) at both ends of N lines, the classes between, and what they are."""

    start: Any
    end: Any
    labels: Any
    what: str


def _between_test_images(model: Any, test: Any, count: int, seed: int, device: str) -> _Ends:
    """Pair test images at random, of one class if the model is conditional."""
    from minigen.engine.backend import to_device
    from minigen.engine.random import Generator
    from minigen.metrics import latent_means

    if 2 * count > len(test):
        raise click.UsageError(
            f"--count: there are {len(test)} test images, {len(test) // 2} pairs"
        )
    order = Generator(seed).permutation(len(test))
    starts, ends = order[:count], order[count : 2 * count]
    labels = None
    if test.labels is not None:
        ends = _of_the_same_class(order[count:], test.labels, starts)
        labels = to_device(test.labels[starts], device)
    start, end = (
        to_device(latent_means(model, *test.of(chosen)), device) for chosen in (starts, ends)
    )
    return _Ends(start, end, labels, "test image")


def _between_draws(model: Any, count: int, seed: int, device: str) -> _Ends:
    """Draw both ends of each line from the prior; of one class after the other."""
    from minigen.engine.random import Generator

    draws = Generator(seed).normal((2, count, model.latent), device=device)
    return _Ends(draws[0], draws[1], model.labels_in_turn(count), "draw of noise")


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
