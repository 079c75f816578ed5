"""``minigen traverse``: what each latent variable changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from minigen.cli import options


@click.command()
@options.run_folder
@click.option(
    "--steps", type=click.IntRange(min=2), default=9, show_default=True, help="Images a row."
)
@click.option(
    "--range",
    "reach",
    type=click.FloatRange(min=0, min_open=True),
    default=3.0,
    show_default=True,
    help="How far a variable goes to both sides of 0, in standard deviations of the prior.",
)
@click.option("--count", type=click.IntRange(min=1), help="Rows at most.  [default: all]")
@click.option(
    "--image",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The test image at whose latent mean, and class, the other variables stay.",
)
@click.option("--from-prior", is_flag=True, help="Let them stay at 0, the prior's mean, instead.")
@options.picture("DIR/samples/traverse.png")
@options.device
def traverse(
    folder: Path,
    steps: int,
    reach: float,
    count: int | None,
    image: int,
    from_prior: bool,
    out: Path | None,
    device: str | None,
) -> None:
    """Show what each latent variable of the run in DIR changes, in a row of its own.

    The variable goes from -RANGE to +RANGE, the others stay. The rows are ordered by activity, the
    variance over the test images of the variable's posterior mean: the most used comes first.
    """
    import numpy as np

    from minigen import metrics, models
    from minigen.engine.backend import to_device
    from minigen.engine.modes import no_grad
    from minigen.training import RunFolder, load_examples, load_model
    from minigen.viz import save_image_table

    config = RunFolder(folder).read_config()
    model: Any = load_model(folder, device=device, report=options.tell)
    if not model.can_sample:
        raise click.ClickException(
            f"the model in {folder}, of the kind {model.name!r}, has no prior, and its latent "
            "variables no common scale to go along: train a VAE, or see minigen interpolate"
        )
    if not model.can_reconstruct:
        raise click.ClickException(
            f"the model in {folder}, of the kind {model.name!r}, has no encoder, by which its "
            "latent variables could be ordered: see minigen interpolate"
        )
    test = load_examples(config, "test")
    if image >= len(test):
        raise click.UsageError(
            f"--image: {config.dataset} has {len(test)} test images, 0 to {len(test) - 1}"
        )
    variances = metrics.active_units(model, test.images, test.labels).variances
    order = np.argsort(-variances, kind="stable")[:count]
    chosen = slice(image, image + 1)
    labels = None if test.labels is None else test.labels[chosen]
    z = metrics.latent_means(model, test.images[chosen], labels)[0]
    centre = to_device(np.zeros_like(z) if from_prior else z, device or config.device)
    with no_grad():
        label = None if labels is None else int(labels[0])
        rows = models.traverse(model, centre, steps, reach, label).numpy()[order]
    path = out or folder / "samples" / "traverse.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    stay = "0" if from_prior else f"test image {image}'s mean"
    save_image_table(
        path,
        rows,
        rows=[f"z{unit} ({variances[unit]:.3f})" for unit in order],
        columns=[f"{value:.3g}".replace("-", "−") for value in np.linspace(-reach, reach, steps)],
        row_title="latent variable",
        column_title="its value",
        title=f"{config.model} on {config.dataset}: one varies, the others stay at {stay}\n"
        "(variance of its posterior mean: the most active first)",
    )
    click.echo(path)
