"""``minigen train``: a new run, or one that goes on."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from minigen.cli import options
from minigen.data import NAMES
from minigen.models import MODELS, OBJECTIVES
from minigen.models.decoders import DECODERS
from minigen.models.dense import ACTIVATIONS

if TYPE_CHECKING:
    from minigen.training import Run

_MODEL_OPTIONS: Final = (
    "channels",
    "hidden",
    "latent",
    "activation",
    "batch_norm",
    "decoder",
    "corruption",
    "beta",
    "warmup",
    "free_bits",
    "importance_samples",
    "objective",
    "label_smoothing",
    "penalty",
    "r1",
    "critic_steps",
    "clip",
    "packing",
    "spectral_norm",
    "average",
)


@click.command()
@click.argument("model", type=click.Choice(list(MODELS)), required=False)
@click.option(
    "--resume",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Go on with the run in this folder, as it was configured.",
)
@click.option("--dataset", type=click.Choice(NAMES), default="digits", show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), default=10, show_default=True)
@options.seed("Where initial weights, shuffles and noise start.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The run's folder.  [default: runs/MODEL-DATASET-seed-SEED]",
)
@click.option("--overwrite", is_flag=True, help="Replace the run that the folder holds.")
@click.option(
    "--channels",
    metavar="SIZES",
    callback=options.layer_sizes,
    help="Channels of the encoder's convolutions, such as 32,64; the decoder's in reverse.",
)
@click.option(
    "--hidden",
    metavar="SIZES",
    callback=options.layer_sizes,
    help="Features of the encoder's hidden layers, such as 400,200; the decoder's in reverse.",
)
@click.option("--latent", type=click.IntRange(min=1), help="Latent variables.")
@click.option(
    "--activation", type=click.Choice(list(ACTIVATIONS)), help="What follows each dense layer."
)
@click.option(
    "--batch-norm/--no-batch-norm",
    default=None,
    help="A batch norm per convolution, or none.  [default: the model's]",
)
@click.option("--decoder", type=click.Choice(DECODERS), help="Distribution of the pixels.")
@click.option(
    "--corruption",
    type=click.FloatRange(min=0),
    help="Standard deviation of the noise that an autoencoder learns to remove.",
)
@click.option("--beta", type=click.FloatRange(min=0), help="Weight of the KL term.")
@click.option(
    "--warmup",
    metavar="EPOCHS",
    type=click.FloatRange(min=0),
    help="Epochs over which the KL term's weight rises from 0.",
)
@click.option(
    "--free-bits",
    metavar="NATS",
    type=click.FloatRange(min=0),
    help="KL that each latent variable may use without cost.",
)
@click.option(
    "--importance-samples",
    metavar="K",
    type=click.IntRange(min=1),
    help="Train on the importance-weighted bound with K samples.",
)
@click.option(
    "--objective",
    type=click.Choice(list(OBJECTIVES)),
    help="What the two sides of a GAN minimise.  [default: non-saturating]",
)
@click.option(
    "--label-smoothing",
    type=click.FloatRange(0, 0.5, max_open=True),
    help="How far below 1 the discriminator's target of real samples lies.",
)
@click.option("--penalty", type=click.FloatRange(min=0), help="Weight of a GAN's gradient penalty.")
@click.option("--r1", type=click.FloatRange(min=0), help="Weight of the R1 penalty.")
@click.option(
    "--critic-steps",
    metavar="N",
    type=click.IntRange(min=1),
    help="Steps of the discriminator for one of the generator.",
)
@click.option(
    "--clip",
    type=click.FloatRange(min=0, min_open=True),
    help="Largest weight of a Wasserstein critic that is clipped.",
)
@click.option(
    "--packing",
    metavar="M",
    type=click.IntRange(min=1),
    help="How many samples of one kind a discriminator judges together.",
)
@click.option(
    "--spectral-norm", is_flag=True, default=None, help="Spectral norm in the discriminator."
)
@click.option(
    "--average",
    metavar="DECAY",
    type=click.FloatRange(0, 1, max_open=True),
    help="Sample from the exponential average of the generator's weights.",
)
@click.option("--batch-size", type=click.IntRange(min=1), default=128, show_default=True)
@click.option(
    "--lr",
    type=click.FloatRange(min=0, min_open=True),
    help="Learning rate, at the beginning.  [default: the model's, 1e-3 for all but GANs]",
)
@click.option(
    "--betas",
    metavar="B1,B2",
    callback=options.numbers,
    help="Decays of Adam's moments.  [default: the model's, 0.9,0.999 for all but GANs]",
)
@click.option(
    "--schedule",
    type=click.Choice(["constant", "cosine"]),
    default="constant",
    show_default=True,
    help="Keep that rate, or let it fall to 0 at the end of the run.",
)
@click.option(
    "--optimizer",
    type=click.Choice(["adam", "adamw", "rmsprop", "sgd"]),
    default="adam",
    show_default=True,
)
@click.option(
    "--binarize",
    type=click.Choice(["none", "static", "dynamic"]),
    default="none",
    show_default=True,
    help="Keep grey pixels; draw them black or white once; or afresh for every batch.",
)
@options.device_from_the_start
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How many checkpoints are kept: the newest.",
)
@click.pass_context
def train(
    ctx: click.Context, /, model: str | None, resume: Path | None, overwrite: bool, **settings: Any
) -> None:
    """Train MODEL on a data set, or go on with a run that was stopped.

    Options of the model that are not given have the model's own defaults. Weights, metrics and
    pictures go into the run's folder. Ctrl-C saves before it stops.
    """
    if resume is not None:
        _refuse_others(ctx)
        _conclude(_resumed(resume))
        return
    if model is None:
        raise click.UsageError(f"name a model ({', '.join(MODELS)}), or a run with --resume DIR")
    _conclude(_started(model, overwrite, settings))


def _started(model: str, overwrite: bool, settings: dict[str, Any]) -> Run:
    from minigen.training import RunConfig
    from minigen.training import train as start

    config = RunConfig(
        model=model,
        model_config=_model_config(model, settings),
        dataset=settings["dataset"],
        binarize=settings["binarize"],
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        optimizer=settings["optimizer"],
        learning_rate=settings["lr"],
        betas=settings["betas"],
        schedule=settings["schedule"],
        seed=settings["seed"],
        device=settings["device"],
        keep=settings["keep"],
    )
    folder = settings["out"] or Path("runs", f"{model}-{config.dataset}-seed-{config.seed}")
    return start(config, folder, overwrite=overwrite)


def _resumed(folder: Path) -> Run:
    from minigen.training import resume

    return resume(folder, report=options.tell)


def _model_config(model: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the options of the model that were given; refuse those that it does not have."""
    given = {name: settings[name] for name in _MODEL_OPTIONS if settings[name] is not None}
    unknown = given.keys() - inspect.signature(MODELS[model]).parameters.keys()
    for name in unknown:
        option = name.replace("_", "-")
        raise click.UsageError(f"--{option}: the model {model!r} has no such option")
    return given


def _refuse_others(ctx: click.Context) -> None:
    """Refuse settings beside --resume: a run is what its config.json says."""
    others = [parameter for parameter in ctx.params if parameter != "resume"]
    for name in others:
        if _given(ctx, name):
            option = name.upper() if name == "model" else "--" + name.replace("_", "-")
            raise click.UsageError(
                f"--resume goes on with a run as its config.json says: leave out {option}"
            )


def _given(ctx: click.Context, name: str) -> bool:
    """Tell whether an option stands on the command line."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _conclude(run: Run) -> None:
    """Say how the run ended, and where its files are."""
    from minigen.training.averages import losses

    last = run.history[-1]
    for name, value in losses(last["test"]).items():
        unit = " nats/image" if name == "loss" else ""
        title = f"test {name.replace('_', ' ')}"
        click.echo(f"{title:9}  {value:.2f}{unit} after epoch {last['epoch']}")
    click.echo(f"weights    {run.folder / 'checkpoints'}")
    click.echo(f"pictures   {run.folder / 'samples'}")
