"""``minigen train``: a new run, or one that goes on."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from minigen import models
from minigen.cli import options
from minigen.data import NAMES
from minigen.kinds import kind_of
from minigen.models import MODELS, Model, Option

if TYPE_CHECKING:
    from minigen.training import Run

LARGEST_SIZE: Final = 2**31 - 1
"""What a number of features, samples or steps of a model may be at most."""

_NAMED: Final = "minigen.cli.train.model"
"""Where click's context keeps the name of the model, before its options are read."""


class Train(click.Command):
    """A command with options of its own, and those of the model that its arguments name.

    If they name none, it has those of all models of the package.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find out which model is named, and read the arguments."""
        parser = self.make_parser(ctx)
        parser.ignore_unknown_options = True  # they may be those of a model outside the package
        given, rest, _ = parser.parse_args(list(args))
        words = [word for word in (given.get("model"), *rest) if isinstance(word, str)]
        ctx.meta[_NAMED] = next((word for word in words if word in MODELS or ":" in word), None)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, the model's last."""
        own = super().get_params(ctx)
        taken = {parameter.name for parameter in own}
        theirs = _model_options(ctx.meta.get(_NAMED))
        return [*own, *(option for option in theirs if option.name not in taken)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's options, and below them the model's."""
        own = [option for option in super().get_params(ctx) if isinstance(option, click.Option)]
        general = [option.get_help_record(ctx) for option in own]
        named = ctx.meta.get(_NAMED)
        theirs = [option.get_help_record(ctx) for option in _model_options(named)]
        for title, records in (("Options", general), (f"Options of {named or 'models'}", theirs)):
            with formatter.section(title):
                formatter.write_dl([record for record in records if record])


def _model_options(named: str | None) -> list[click.Option]:
    """Make the options of a model; those that it does not have are known, too, but not shown.

    If there is no such model, that is a `click.BadParameter`.
    """
    try:
        own = {} if named is None else _by_name([models.find(named)])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'MODEL'") from error
    made = [_made_from(option, _default(option)) for option, _ in own.values()]
    for name, (option, owners) in _by_name(MODELS.values()).items():
        if name not in own:
            note = "" if len(owners) == len(MODELS) else f"[of {', '.join(owners)}]"
            made.append(_made_from(option, note, hidden=named is not None))
    return made


def _by_name(classes: Iterable[type[Model]]) -> dict[str, tuple[Option, list[str]]]:
    """Return the options of models by name, each with the models that have it.

    What the data decide, such as the images' shape, is left out.
    """
    found: dict[str, tuple[Option, list[str]]] = {}
    for model in classes:
        for option in models.options(model):
            if not option.required and option.name not in options.BY_DATA:
                found.setdefault(option.name, (option, []))[1].append(model.name)
    return found


def _made_from(option: Option, note: str, *, hidden: bool = False) -> click.Option:
    """Make an option of the command line from one of a model's; help adds a note."""
    flag = option.name.replace("_", "-")
    names = f"--{flag}/--no-{flag}" if option.type is bool else f"--{flag}"
    text = f"{option.help.replace('`', '')}  {note}".rstrip()
    return click.Option([names], help=text, hidden=hidden, default=None, **_accepted(option))


def _accepted(option: Option) -> dict[str, Any]:
    """Say, in click's words, which values an option takes."""
    if option.type is tuple:
        return {"metavar": "SIZES", "callback": _layer_sizes}
    if option.choices:
        return {"type": click.Choice(option.choices)}
    if option.type not in (int, float):
        return {}
    ends = option.range
    low, high = (None if math.isinf(end) else end for end in (ends.low, ends.high))
    number: Any = options.FiniteRange
    if option.type is int:
        number, high = click.IntRange, LARGEST_SIZE if high is None else high
    return {"type": number(low, high, min_open=ends.low_open, max_open=ends.high_open)}


def _default(option: Option) -> str:
    """Say what an option is if it is not given; nothing if the model decides then."""
    if option.default is None:
        return ""
    sizes = option.type is tuple
    return f"[default: {','.join(map(str, option.default)) if sizes else option.default}]"


def _layer_sizes(
    _ctx: click.Context, _option: click.Parameter, text: str | None
) -> list[int] | None:
    """Read numbers of features, separated by commas: ``400`` or ``400,200``; or none."""
    if text is None:
        return None
    parts = text.split(",") if text else []
    if not all(part.strip().isdecimal() and part.strip(" 0") for part in parts):
        raise click.BadParameter(f"positive numbers separated by commas, not {text!r}")
    if any(len(part) > len(str(LARGEST_SIZE)) or int(part) > LARGEST_SIZE for part in parts):
        raise click.BadParameter(f"numbers of at most {LARGEST_SIZE:,} are expected, got {text!r}")
    return [int(part) for part in parts]


def _numbers(_ctx: click.Context, _option: click.Parameter, text: str | None) -> list[float] | None:
    """Read numbers separated by commas: ``0.5,0.999``."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"numbers separated by commas, not {text!r}") from error


class NameOrPath(click.Choice):  # type: ignore[type-arg] # generic since click 8.2
    """A name of the package's, or where something of one's own is: ``package.module:name``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take a path as it is: it is looked up when it is used."""
        return str(value) if ":" in str(value) else super().convert(value, param, ctx)


@click.command(cls=Train)
@click.argument("model", type=NameOrPath(list(MODELS)), required=False)
@click.option(
    "--resume",
    metavar="DIR",
    type=options.FolderPath(),
    help="Go on with the run in this folder, as it was configured; with --epochs, to that many.",
)
@click.option(
    "--data",
    metavar="PATH",
    type=options.DataPath(),
    help="With --resume: where the run's own pictures are now, if they were moved.",
)
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    type=options.DataSet(NAMES),
    default="digits",
    show_default=True,
    help=f"{', '.join(NAMES)}; or a folder of your own pictures or WAV files, a .npz or .npy file; "
    "or your own text, a .txt or .csv file.",
)
@options.own_data
@click.option(
    "--normal-class",
    metavar="N",
    type=click.IntRange(0, 1_000_000),
    help="Train on this class alone: the others are what it is to be told from.",
)
@click.option("--epochs", type=click.IntRange(1, 1_000_000), default=10, show_default=True)
@click.option(
    "--steps",
    type=click.IntRange(1, 1_000_000_000),
    help="Train for so many minibatches, instead of whole epochs.",
)
@click.option(
    "--minutes",
    type=options.FiniteRange(min=0, min_open=True),
    help="Train for as many minibatches as fit into this time, pictures and tests aside: the first "
    "few are timed, and the number is noted as --steps.",
)
@click.option(
    "--validation",
    metavar="N",
    type=click.IntRange(0, 1_000_000_000),
    default=0,
    help="Leave N training images out, to choose by: they take the test images' place.",
)
@click.option(
    "--patience",
    metavar="N",
    type=click.IntRange(0, 1_000_000),
    help="Stop when the loss of what is left out has not fallen for N epochs, and take the epoch "
    "in which it was least; 0 trains to the end.  [default: the model's: 5 for char-gru and "
    "char-transformer, else 0; without --validation a tenth is left out]",
)
@options.seed("Where initial weights, shuffles and noise start.")
@click.option(
    "--generator",
    type=click.Choice(("pcg64", "philox")),
    default="pcg64",
    show_default=True,
    help="How the noise of training is drawn: on the CPU, or on the device that trains.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    help="The run's folder.  [default: runs/MODEL-DATASET-seed-SEED]",
)
@click.option("--overwrite", is_flag=True, help="Replace the run that the folder holds.")
@click.option(
    "--batch-size",
    type=click.IntRange(1, 1_000_000),
    help="Images in a minibatch.  [default: the model's: 64 for most GANs of images and for "
    "what restores, 32 for anomaly, text-to-image, audio-vae, spoken-vae and models of text, 16 "
    "for pix2pix and frame-prediction, 8 for cyclegan, else 128]",
)
@click.option(
    "--lr",
    "learning_rate",
    type=options.FiniteRange(min=0, min_open=True),
    help="Learning rate, at the beginning.  [default: the model's, 1e-3 for all but GANs, "
    "pix2pix, anomaly, frame-prediction, text-to-image, audio-vae, spoken-vae and models of text]",
)
@click.option(
    "--betas",
    metavar="B1,B2",
    callback=_numbers,
    help="Decays of Adam's moments.  [default: the model's, 0.9,0.999 for all but GANs and "
    "cyclegan]",
)
@click.option(
    "--schedule",
    type=click.Choice(["constant", "cosine", "linear"]),
    help="Keep that rate; let it fall to 0 along a cosine wave; or keep it for half the run, and "
    "let it fall to a fiftieth.  [default: the model's: linear for most GANs of images, what "
    "translates, frame-prediction, text-to-image, audio-vae, spoken-vae and text-vae, cosine for "
    "what restores, anomaly, char-gru and char-transformer, else constant]",
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
    type=click.IntRange(1, 1_000_000),
    default=2,
    show_default=True,
    help="How many checkpoints are kept: the newest.",
)
@click.option(
    "--reproducible-chunks",
    "chunks",
    metavar="K",
    type=click.IntRange(1, 4096),
    help="Divide every batch into K chunks and add up in a fixed order: under mpiexec any number "
    "of processes up to K then trains to the same weights, bit by bit.",
)
@click.option(
    "--log",
    type=click.Choice(["tensorboard"]),
    help="Also write the metrics for TensorBoard, into the run's folder tensorboard.",
)
@click.pass_context
def train(
    ctx: click.Context,
    /,
    model: str | None,
    resume: Path | None,
    data: Path | None,
    overwrite: bool,
    minutes: float | None,
    **settings: Any,
) -> None:
    """Train MODEL on a data set, or go on with a run that was stopped.

    Options of the model that are not given have the model's own defaults; minigen train MODEL
    --help shows them. Weights, metrics and pictures go into the run's folder. Ctrl-C saves before
    it stops. A model of your own is named package.module:Class, a data set package.module:function.
    Under mpiexec -n N the same command trains on N processes.
    """
    options.leave_words_to_the_root()
    if resume is not None:
        _refuse_others(ctx)
        epochs = settings["epochs"] if _was_given(ctx, "epochs") else None
        _conclude(_resumed(resume, epochs, settings["log"], data))
    elif data is not None:
        raise click.UsageError(
            "--data says where a run's pictures are now, beside --resume: name those of a new run "
            "with --dataset"
        )
    elif model is None:
        raise click.UsageError(f"name a model ({', '.join(MODELS)}), or a run with --resume DIR")
    else:
        general = {parameter.name for parameter in ctx.command.params}
        own = {name: settings.pop(name) for name in list(settings) if name not in general}
        _expect_one_length(ctx)
        _conclude(_started(model, _given(model, own), overwrite, minutes, **settings))


def _started(
    model: str,
    model_config: dict[str, Any],
    overwrite: bool,
    minutes: float | None,
    out: Path | None,
    log: str | None,
    **settings: Any,
) -> Run:
    from minigen.training import RunConfig
    from minigen.training import train as start

    own = options.take_own_data(settings["dataset"], settings)
    with _settings_as_options((*settings, *model_config, "log"), model_config):
        config = RunConfig(model=model, model_config=model_config, own_data=own, **settings)
        name = _name_of_own(config.dataset) if own else config.dataset.rpartition(":")[2]
        names = f"{model.rpartition(':')[2]}-{name}"
        folder = out or Path("runs", f"{names}-seed-{config.seed}")
        return start(
            config, folder, overwrite=overwrite, minutes=minutes, log=log, report=options.tell
        )


def _name_of_own(dataset: str) -> str:
    """Return what own pictures are called in a folder's name: without an array file's ending."""
    for ending in (".npz", ".npy", ".txt", ".csv"):
        dataset = dataset.removesuffix(ending)
    return dataset.rstrip("/")


def _resumed(folder: Path, epochs: int | None, log: str | None, data: Path | None) -> Run:
    from minigen.training import resume

    with _settings_as_options(("epochs", "log")):
        return resume(folder, epochs=epochs, log=log, report=options.tell, data=data)


@contextlib.contextmanager
def _settings_as_options(
    settings: Collection[str], model_config: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[None]:
    """Say of an impossible setting by which option it was given; of a size, by which it may be."""
    from minigen.training import ConfigurationError, TooLargeError

    try:
        yield
    except TooLargeError as error:
        sizes = [name for name, value in model_config.items() if type(value) in (int, list)]
        raise click.UsageError(_with_options(error, (*sizes, "batch_size"))) from error
    except ConfigurationError as error:
        parts = str(error).split(": ")
        named = [name for name in settings if parts[0] == name]
        if parts[0] == "model_config":
            words = str(error).split()
            named = [name for name in model_config if name in words]
        if not named:
            raise
        raise click.UsageError(_with_options(error, named)) from error


def _with_options(error: Exception, settings: Iterable[str]) -> str:
    """Return an error's words, and the options of the settings that it is about."""
    flags = {"learning_rate": "lr"}
    named = [f"--{flags.get(name, name).replace('_', '-')}" for name in settings]
    return f"{error} ({', '.join(named)})"


def _given(model: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the options of the model that were given; refuse those that it does not have."""
    given = {name: value for name, value in settings.items() if value is not None}
    known = {option.name for option in models.options(models.find(model))}
    for name in given.keys() - known:
        option = name.replace("_", "-")
        raise click.UsageError(f"--{option}: the model {model!r} has no such option")
    return given


_WITH_RESUME: Final = ("resume", "epochs", "log", "data")
"""What may be given for a run that goes on."""


def _refuse_others(ctx: click.Context) -> None:
    """Refuse other settings beside --resume: a run is what its config.json says."""
    for parameter in ctx.command.get_params(ctx):
        name = parameter.name or ""
        if _was_given(ctx, name) and name not in _WITH_RESUME:
            option = "MODEL" if name == "model" else parameter.opts[0]
            raise click.UsageError(
                f"--resume goes on with a run as its config.json says: leave out {option}"
            )


def _expect_one_length(ctx: click.Context) -> None:
    """Refuse to be told the length of a run twice."""
    given = [f"--{name}" for name in ("epochs", "steps", "minutes") if _was_given(ctx, name)]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} both say how long: leave one out")


def _was_given(ctx: click.Context, name: str) -> bool:
    """Tell whether an option stands on the command line."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _conclude(run: Run) -> None:
    """Say how the run ended, and where its files are."""
    from minigen.training.history import best_epoch
    from minigen.training.state import losses

    last = run.history[-1]
    if run.config.patience:
        best = best_epoch(run.history)
        last = next(record for record in run.history if record["epoch"] == best)
    for name, value in losses(last["test"]).items():
        unit = f" {kind_of(run.model).unit}" if name == "loss" else ""
        title = f"{run.config.held_out} {name.replace('_', ' ')}"
        click.echo(f"{title:9}  {value:.2f}{unit} after epoch {last['epoch']}")
    click.echo(f"weights    {run.folder / 'checkpoints'}")
    shown = "samples" if kind_of(run.model).suffix == ".txt" else "pictures"
    click.echo(f"{shown:9}  {run.folder / 'samples'}")
