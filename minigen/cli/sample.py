"""``minigen sample``: new images."""

from __future__ import annotations

from pathlib import Path

import click

from minigen.cli import options


@click.command()
@options.run_folder
@click.option("--count", type=click.IntRange(min=1), default=64, show_default=True)
@click.option(
    "--class",
    "label",
    metavar="N",
    type=click.IntRange(min=0),
    help="Of a conditional model, the class of all images.  [default: a class a column]",
)
@options.picture("DIR/samples/sample.png")
@options.seed("Where the noise starts.")
@options.device
def sample(
    folder: Path, count: int, label: int | None, out: Path | None, seed: int, device: str | None
) -> None:
    """Draw new images, or points, with the model of the run in DIR.

    Of a VAE, each image shows the decoder's mean for latent variables drawn from the prior; of a
    GAN, what its generator makes of noise. Points are shown over real ones.
    """
    import numpy as np

    from minigen.engine.backend import to_device
    from minigen.engine.modes import no_grad
    from minigen.engine.random import Generator
    from minigen.training import RunFolder, load_examples, load_model
    from minigen.viz import save_image_grid, save_points

    model = load_model(folder, device=device, report=options.tell)
    if not model.can_sample:
        raise click.ClickException(
            f"the model in {folder}, of the kind {model.name!r}, has no prior to sample from: "
            "it reconstructs only; train a VAE to generate"
        )
    if label is not None and label >= model.classes:
        raise click.UsageError(
            f"--class: the model {model.name!r} in {folder} knows {model.classes} classes"
            + (f", 0 to {model.classes - 1}" if model.classes else "")
        )
    device = next(model.parameters()).device
    labels = None if label is None else to_device(np.full(count, label), device)
    with no_grad():
        images = model.sample(count, labels, generator=Generator(seed))
    path = out or folder / "samples" / "sample.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    if images.ndim == 2:
        config = RunFolder(folder).read_config()
        save_points(path, images, load_examples(config, "test").images[:count])
    else:
        columns = model.classes if model.classes and label is None else None
        save_image_grid(path, images, columns=columns)
    click.echo(path)
