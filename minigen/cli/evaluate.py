"""``minigen evaluate``: the test set's bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from minigen.cli import options

_MEANINGS = {
    "negative_elbo": ("negative ELBO: reconstruction + KL", "nats/image"),
    "reconstruction": ("reconstruction: E[-ln p(x|z)]", "nats/image"),
    "kl": ("KL divergence of q(z|x) from the prior", "nats/image"),
    "nll": ("-ln p(x), importance-weighted bound", "nats/image"),
    "active_units": ("active latent units, those with a variance over 0.01", ""),
    "mutual_information_gap": ("mutual information gap of the factors", "of 1"),
}
"""What each value is, and its unit."""


@click.command()
@options.run_folder
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option(
    "--samples",
    metavar="K",
    type=click.IntRange(min=1),
    help="Also estimate -ln p(x) with K importance samples an image.",
)
@options.seed("Where the noise starts.")
@options.device
def evaluate(
    folder: Path, as_json: bool, samples: int | None, seed: int, device: str | None
) -> None:
    """Evaluate the model of the run in DIR on the test images.

    Bounds and likelihoods are in nats an image. Of a VAE it also counts the active latent units;
    where the images' factors of variation are known, it measures how well latents tell them apart.
    """
    from minigen import metrics
    from minigen.random import Generator
    from minigen.training import RunFolder, load_examples, load_model

    config = RunFolder(folder).read_config()
    model: Any = load_model(folder, device=device, report=options.tell)
    if samples is not None and not hasattr(model, "log_weights"):
        raise click.UsageError(f"--samples: the model {model.name!r} has no likelihood to estimate")
    test = load_examples(config, "test")
    values = metrics.evaluate(model, test.images, test.labels, generator=Generator(seed))
    if samples is not None:
        values["nll"] = metrics.nll(
            model, test.images, samples, test.labels, generator=Generator(seed)
        )
    values |= _of_latents(model, config.dataset, test)
    if as_json:
        click.echo(json.dumps(values))
    else:
        _show(values, f"{config.model} on {len(test):,} test images of {config.dataset}", config)


def _of_latents(model: Any, dataset: str, test: Any) -> dict[str, float]:
    """Measure what a VAE's latent variables hold of the test images."""
    from minigen import data, metrics
    from minigen.models import VariationalAutoencoder

    if not isinstance(model, VariationalAutoencoder):
        return {}
    values: dict[str, float] = {}
    values["active_units"] = metrics.active_units(model, test.images, test.labels).count
    factors = getattr(data.load(dataset, "test"), "factors", None)
    if factors is not None and model.latent > 1:
        means = metrics.latent_means(model, test.images, test.labels)
        values["mutual_information_gap"] = metrics.mutual_information_gap(means, factors).value
    return values


def _show(values: dict[str, float], title: str, config: Any) -> None:
    """Write a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, caption=_caveat(config), title_justify="left")
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for name, value in values.items():
        meaning, unit = _MEANINGS[name]
        table.add_row(meaning, f"{value}" if isinstance(value, int) else f"{value:.3f}", unit)
    Console(highlight=False).print(table)


def _caveat(config: Any) -> str:
    """Say what the values may be compared with."""
    if config.model_config["decoder"] == "gaussian":
        return "Densities of pixels in [0, 1]: compare with the same kind only."
    if config.binarize == "none":
        return "Cross-entropies of grey pixels, no likelihoods: compare with the same kind only."
    return "Pixels were drawn black or white once."
