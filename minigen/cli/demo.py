"""``minigen demo``: a VAE from nothing to pictures, offline, while one waits."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from minigen.cli import options

if TYPE_CHECKING:
    from minigen.training import RunConfig


@click.command()
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    default="runs/demo",
    show_default=True,
    help="Where the run goes. An earlier demo there is replaced, another run is not.",
)
@options.device_from_the_start
def demo(out: Path, device: str) -> None:
    """Train a small VAE on handwritten digits and draw what it learnt; needs no network."""
    from minigen.training import train

    config = dataclasses.replace(_config(), device=device)
    click.echo(f"Training a variational autoencoder on 8x8 digits: {config.epochs} epochs.")
    run = train(config, out, overwrite=_holds_demo(out, config))
    test = run.history[-1]["test"]
    click.echo(
        f"\nTest images cost {test['loss']:.2f} nats each: {test['reconstruction']:.2f} for the "
        f"pixels, {test['kl']:.2f} for the latent variables."
    )
    click.echo("The pictures are in:")
    for name, what in (
        (f"epoch-{config.epochs:04}.png", "new digits, drawn from the prior"),
        ("reconstructions.png", "test digits above their reconstructions"),
        ("losses.png", "the loss and its parts, epoch by epoch"),
    ):
        click.echo(f"  {run.folder / 'samples' / name}  {what}")


def _config() -> RunConfig:
    from minigen.training import RunConfig

    return RunConfig(
        model="vae",
        model_config={"hidden": [256], "latent": 8},
        dataset="digits",
        epochs=50,
        batch_size=32,
        learning_rate=2e-3,
    )


def _holds_demo(folder: Path, config: RunConfig) -> bool:
    """Tell whether the run in a folder is an earlier demo."""
    from minigen.training import RunError, RunFolder

    try:
        found = RunFolder(folder).read_config()
    except RunError:
        return False
    same = {name: getattr(found, name) for name in ("model_config", "device", "minigen")}
    mine = dataclasses.replace(config, **same)
    return found == mine and config.model_config.items() <= found.model_config.items()
