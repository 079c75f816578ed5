"""Runs from the outside: start one, go on with one, load its model."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigen import kinds, models
from minigen.distributed import Communicator
from minigen.engine.backend import to_device
from minigen.models import Model
from minigen.training.config import RunConfig
from minigen.training.errors import ConfigurationError, RunError, TooLargeError
from minigen.training.examples import Examples, load_examples
from minigen.training.folder import Checkpoint, CheckpointFolder, Position, RunFolder
from minigen.training.history import Record, best_epoch, table
from minigen.training.logs import expect_log, logged
from minigen.training.loop import Trainer, is_over
from minigen.training.memory import WeighingGenerator, memory
from minigen.training.together import Team

FolderPath = str | os.PathLike[str]
Report = Callable[[str], None]

_log: Report = logging.getLogger(__name__).warning


@dataclass(frozen=True)
class Run:
    """A finished run: its `folder` (see `RunFolder`), its `config`, and the trained `model`.

    `history` are the records in ``metrics.jsonl``: see `Record`.
    """

    folder: Path
    config: RunConfig
    model: Model
    history: list[Record]

    def __str__(self) -> str:
        head = f"{self.config.model} on {self.config.dataset}: {self.folder}"
        return f"{head}\n{table(self.history)}"

    def _repr_mimebundle_(self, **_wanted: object) -> dict[str, str]:
        """Show the table where a notebook's cell ends with the run."""
        return {"text/plain": str(self)}


def train(
    config: RunConfig,
    folder: FolderPath,
    *,
    overwrite: bool = False,
    minutes: float | None = None,
    progress: bool = True,
    pictures: bool = True,
    log: str | None = None,
    report: Report = _log,
) -> Run:
    """Train a model from the beginning.

    The outcome is decided by `config`, bit by bit, on one machine and one number of threads. The
    default generator is seeded from it, too, for layers that draw from that one.

    Parameters
    ----------
    config : RunConfig
        What to train, on what, how.
    folder : path
        Where the run's files go; it is made if need be.
    overwrite : bool, default False
        Replace a run that the folder holds.
    minutes : float, optional
        How long training steps may take in all: the first few are timed, and the run's
        configuration gets as many `steps` as fit. Evaluation and pictures come on top.
    progress, pictures : bool, default True
        Whether to show progress bars, and to draw pictures into the folder.
    log : {"tensorboard"}, optional
        Also write the metrics, after every epoch, for this program: see `minigen.training.logs`.
    report : callable
        Is told of pictures of one's own that can't be read and are left out; by default it is
        logged.

    Raises
    ------
    RunError
        If the folder holds another run, and `overwrite` is not set.
    ConfigurationError
        If the model refuses its configuration, takes another kind of data, or can't be trained on
        minibatches of that size; or if the package is missing that the `log` needs.
    minigen.data.DataError
        If the data set is out of reach or damaged.
    DivergenceError
        If the loss became NaN or infinite. What was written up to then is kept.
    TrainingInterrupted
        If somebody asked to stop. The run was saved, and `resume` continues it.

    Examples
    --------
    >>> import tempfile
    >>> config = RunConfig(model="vae", model_config={"hidden": [32], "latent": 2}, epochs=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = train(config, folder, progress=False, pictures=False)
    ...     sorted(path.name for path in run.folder.iterdir())
    ['checkpoints', 'config.json', 'metrics.jsonl', 'samples']
    >>> [record["epoch"] for record in run.history]
    [1, 2]
    """
    expect_log(log)
    files, team = RunFolder(folder), Team()
    report = team.as_root(report)
    with team.processes.ending_together():
        team.divide_batches(config.chunks)
        if not overwrite:
            team.by_root(files.expect_free)
        config, examples = team.agree(lambda: _prepared(config, team, report, progress))
        team.expect_alike(config, examples)
        examples = team.held_once(examples)
        if minutes is not None:
            config = _of_minutes(config, files, examples, minutes, team, report)
        team.by_root(lambda: files.create(config))

        def work(world: Communicator) -> Run:
            options: dict[str, Any] = {"progress": progress, "pictures": pictures, "world": world}
            return _finish(Trainer(config, files, *examples, **options), log)

        return team.run(work)


def _prepared(
    config: RunConfig, team: Team, report: Report, progress: bool
) -> tuple[RunConfig, list[Examples]]:
    """Load the data, leave nothing of the configuration open, and see that it can be trained."""
    config = config.settled(report=report, progress=progress)
    examples = _load_splits(config)
    config = dataclasses.replace(
        config, model_config={**examples[0].decided(), **config.model_config}
    )
    model = config.build_model()
    # The model's own account of itself has its defaults, too, whatever they are one day.
    config = config.completed(model)
    if config.patience and not config.validation:
        config = config.with_validation(len(examples[0]))
        examples = _load_splits(config)
    if config.steps is not None:
        config = config.of_steps(config.steps, len(config.batches(len(examples[0]), model)) or 1)
    _rehearse(model, config, examples[0])
    team.expect_divisible(config, model, len(examples[0]))
    return config, examples


def _of_minutes(
    config: RunConfig,
    files: RunFolder,
    examples: list[Examples],
    minutes: float,
    team: Team,
    report: Report,
) -> RunConfig:
    """Return the configuration with as many steps as fit into a time, by a trial."""

    def seconds(world: Communicator) -> float:
        trial = Trainer(config, files, *examples, progress=False, pictures=False, world=world)
        return max(float(each) for each in world.gather(trial.time_a_step()))

    steps = max(1, round(60 * minutes / team.run(seconds)))
    model = config.build_model()
    config = config.of_steps(steps, len(config.batches(len(examples[0]), model)))
    _expect_turns(model, steps)
    report(f"{minutes:g} minutes: {steps:,} steps at the present pace")
    return config


def resume(
    folder: FolderPath,
    *,
    epochs: int | None = None,
    progress: bool = True,
    pictures: bool = True,
    log: str | None = None,
    report: Report = _log,
    data: FolderPath | None = None,
) -> Run:
    """Go on with a run that was stopped, and end as if it had never been.

    A run that was killed before its first checkpoint starts again; one that is finished is
    returned as it is.

    Parameters
    ----------
    folder, progress, pictures, log
        As for `train`.
    epochs : int, optional
        How many epochs the run is to have in the end, if not as many as it was to have: it ends as
        if it had had so many from the start, bit by bit.
    report : callable
        Is told, in a sentence, where the run goes on, or which checkpoint is damaged. By default it
        is logged.
    data : path, optional
        Where the run's own pictures are now, if they were moved.

    Raises
    ------
    RunError
        If the folder holds no run, or a configuration that can't be read.
    ConfigurationError
        If so many `epochs` are finished, the schedule of the learning rate depends on their number,
        or the package is missing that the `log` needs.
    minigen.data.DataError, DivergenceError, TrainingInterrupted
        As for `train`.

    Examples
    --------
    >>> import tempfile
    >>> config = RunConfig(model="autoencoder", model_config={"hidden": [32]}, epochs=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = train(config, folder, progress=False, pictures=False)
    ...     again = resume(folder, report=lambda message: print(message.partition(":")[2]))
     the run is finished after 1 epoch
    >>> again.history == first.history
    True
    """
    expect_log(log)
    files = RunFolder(folder)
    team = Team()
    report = team.as_root(report)
    with team.processes.ending_together():
        config = team.by_root(lambda: files.read_config().moved(data))
        team.divide_batches(config.chunks)
        return _resumed(files, config, team, epochs, progress, pictures, log, report)


def _resumed(
    files: RunFolder,
    config: RunConfig,
    team: Team,
    epochs: int | None,
    progress: bool,
    pictures: bool,
    log: str | None,
    report: Report,
) -> Run:
    if team.is_root:
        files.remove_partial_files()
    checkpoint = team.by_root(lambda: CheckpointFolder(files.checkpoints).newest(report))
    if epochs is not None:
        config = config.lengthened(epochs, done=checkpoint.position.epoch if checkpoint else 0)
    if checkpoint is not None and is_over(config, checkpoint.position, checkpoint.history):
        if team.is_root:
            files.write_history(checkpoint.history)
            with logged(log, files.tensorboard, checkpoint.history):
                pass
        report(f"{files.path}: the run is finished after {_epochs(checkpoint.position.epoch)}")
        model = _load(files, config, checkpoint)
        return Run(files.path, config, model, checkpoint.history)
    examples = team.agree(lambda: _load_splits(config))
    team.expect_alike(config, examples)
    examples = team.held_once(examples)
    team.expect_divisible(config, config.build_model(), len(examples[0]))
    if checkpoint is None:
        report(f"{files.path}: there is no checkpoint, so the run starts again")
    else:
        report(f"{files.path}: going on from {checkpoint.position}")

    def work(world: Communicator) -> Run:
        trainer = Trainer(
            config, files, *examples, progress=progress, pictures=pictures, world=world
        )
        if checkpoint is not None:
            trainer.restore(checkpoint)
        if world.is_root:
            if epochs is not None:
                files.write_config(config)
            files.write_history(trainer.history)
        return _finish(trainer, log)

    return team.run(work)


def load_model(folder: FolderPath, *, device: str | None = None, report: Report = _log) -> Model:
    """Load a run's model with the weights of its newest checkpoint, in evaluation mode.

    If the run has `patience`, they are those of the best epoch up to there.

    Parameters
    ----------
    folder : path
        The run's.
    device : str, optional
        Where the model goes; by default where it was trained.
    report : callable
        Is told of a checkpoint that is damaged; by default it is logged.

    Raises
    ------
    RunError
        If the folder holds no run, or no checkpoint that can be used.
    minigen.DeviceError
        If the device is not there.

    Examples
    --------
    >>> import tempfile
    >>> config = RunConfig(model="vae", model_config={"hidden": [32], "latent": 2}, epochs=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = train(config, folder, progress=False, pictures=False)
    ...     load_model(folder).sample(4).shape
    (4, 1, 8, 8)
    """
    files = RunFolder(folder)
    config = files.read_config()
    if device is not None:
        config = dataclasses.replace(config, device=device)
    checkpoint = CheckpointFolder(files.checkpoints).newest(report)
    if checkpoint is None:
        raise RunError(f"{files.path} holds no checkpoint yet: train the model first")
    return _load(files, config, checkpoint, report)


def _load_splits(config: RunConfig) -> list[Examples]:
    """Load what is trained on, and what it is measured on, if the model takes their kind."""
    examples = [load_examples(config, split) for split in ("train", config.held_out)]
    kind, taken = examples[0].kind, models.find(config.model).kinds
    if kind.name not in taken:
        wanted = " or ".join(kinds.find(name).plural for name in taken)
        raise ConfigurationError(
            f"{config.model} takes {wanted}; {config.dataset} holds {kind.plural}"
            + _taken_by(kind.name)
            + _asked_for(config, taken)
        )
    return examples


def _taken_by(kind: str) -> str:
    """Say which models of the package take a kind of data; nothing if none does."""
    taking = [name for name, model in models.MODELS.items() if kind in model.kinds]
    return f", which {' and '.join(taking)} take{'s' * (len(taking) == 1)}" if taking else ""


def _asked_for(config: RunConfig, taken: Sequence[str]) -> str:
    """Say how one's own files are read as what a model takes, if that has to be asked for."""
    ways = [way for name in taken if (way := kinds.find(name).asked_for)]
    return f"; {ways[0]}" if ways and config.own_data is not None else ""


def _rehearse(model: Model, config: RunConfig, examples: Examples) -> None:
    """See, before there is a folder, that every side has its turn, and a loss on a minibatch."""
    assert config.batch_size is not None, "the configuration is completed"
    if model.full_batches and len(examples) < config.batch_size:
        raise ConfigurationError(
            f"batch_size: {config.model} is trained on full minibatches, and {config.dataset} has "
            f"{len(examples):,} training examples: at most so many are possible, "
            f"got {config.batch_size:,}"
        )
    batches = config.batches(len(examples), model)
    _expect_turns(model, config.length(len(batches)))
    images, labels = examples.of(batches[0])
    x = to_device(images, config.device)
    classes = None if labels is None else to_device(labels, config.device)
    generator = WeighingGenerator(config.seed)
    for side in model.sides():
        try:
            with np.errstate(all="ignore"), generator.at_most(memory()):
                model.side_terms(side, x, classes, generator=generator)
        except MemoryError as error:
            raise TooLargeError(f"a training step does not fit into memory: {error}") from error
        except ValueError as error:
            raise ConfigurationError(
                f"batch_size: on minibatches of {config.batch_size:,} the model can't be trained: "
                f"{error}"
            ) from error


def _expect_turns(model: Model, steps: int) -> None:
    """Refuse a run in which one side of a model, such as a GAN's generator, is never trained."""
    waiting = set(model.sides())
    for step in range(steps):
        waiting -= set(model.turns(step))
        if not waiting:
            return
    raise ConfigurationError(
        f"critic_steps: the {' and '.join(sorted(waiting))} would never have its turn in the run's "
        f"{steps:,} steps: fewer critic steps, or more epochs are needed"
    )


def _load(
    files: RunFolder, config: RunConfig, checkpoint: Checkpoint, report: Report = _log
) -> Model:
    """Make a run's model from a checkpoint's weights, or from those of the best one before it."""
    model = config.build_model()
    best = best_epoch(checkpoint.history) if config.patience else None
    if best is not None and Position(best) != checkpoint.position:
        try:
            checkpoint = CheckpointFolder(files.checkpoints).read(Position(best))
        except RunError as error:
            report(f"{error}; taking {checkpoint.position} in the place of the best epoch")
    try:
        model.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        raise RunError(f"{checkpoint.position} does not fit {files.config}: {error}") from error
    return model.eval()


def _finish(trainer: Trainer, log: str | None) -> Run:
    """Train to the end; the root has the best epoch's weights, if the run has patience."""
    is_root = trainer.world.is_root
    with logged(log if is_root else None, trainer.folder.tensorboard, trainer.history) as write:
        trainer.run(write)
    config, files = trainer.config, trainer.folder
    model = trainer.model.eval()
    if is_root and config.patience and best_epoch(trainer.history) != trainer.position.epoch:
        newest = CheckpointFolder(files.checkpoints).read(trainer.position)
        model = _load(files, config, newest)
    return Run(files.path, config, model, trainer.history)


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
