"""The loop: batches, gradients, steps; after every epoch an evaluation, pictures, a checkpoint."""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from minigen import nn
from minigen.distributed import (
    ALONE,
    Communicator,
    average_gradients,
    average_terms_of,
    backward_and_average,
)
from minigen.engine.backend import CPU, Array, canonical_device, to_numpy, use_device
from minigen.engine.random import Generator
from minigen.engine.shards import Shard, open_shard
from minigen.engine.tensor import Tensor
from minigen.metrics import average_terms
from minigen.training.config import RunConfig
from minigen.training.errors import (
    NOTHING_FOUND,
    DivergenceError,
    Interruption,
    RunError,
    TrainingInterrupted,
    find_cause,
)
from minigen.training.examples import Batch, Examples
from minigen.training.folder import Checkpoint, CheckpointFolder, Position, RunFolder
from minigen.training.history import Record, best_epoch
from minigen.training.pictures import Album
from minigen.training.state import Purpose, RunningAverages, TrainingNoise, losses, stream

STEPS_BETWEEN_READINGS: Final = 20
"""How often a GPU is asked for the loss: each time, the program waits until it has caught up."""

STEPS_IN_A_ROUND: Final = 16
"""How many steps are timed together, to tell how many fit into a time."""

WATCHED: Final = 256
"""How many test examples a model is shown to see how its training stands."""


@dataclass(frozen=True)
class Attempt:
    """What it takes to do one side's turn again: its step, its images and the noise before it."""

    step: int
    side: str
    batch: Batch
    shard: Shard
    noise: dict[str, Any]


class Trainer:
    """Trains the model of a run from wherever it is to the end.

    All it does is decided by the configuration: `train` and `resume` make one, and reach the same
    weights, bit by bit, however often the run was stopped.

    Parameters
    ----------
    config, folder : RunConfig, RunFolder
        The run's; the folder exists.
    train, test : Examples
        The two splits.
    progress, pictures : bool
        Whether to show a progress bar for every epoch, on the standard error stream; and to draw.
    report : callable, optional
        Is told, in a sentence, when the model sees that its training goes wrong; by default it is
        written above the progress bar.
    world : Communicator, optional
        The workers that train together, of which this trainer is one: each has a trainer, takes
        its rows of every batch, and moves its weights as the others do. The root alone draws,
        writes and reports.
    """

    def __init__(
        self,
        config: RunConfig,
        folder: RunFolder,
        train: Examples,
        test: Examples,
        *,
        progress: bool = True,
        pictures: bool = True,
        report: Callable[[str], None] | None = None,
        world: Communicator = ALONE,
    ) -> None:
        self.world = world
        self.model = config.build_model()
        self.config = config = config.completed(self.model)
        self.folder = folder
        self._train = train
        self._test = test
        sides = self.model.sides()
        self.optimizers = {name: config.build_optimizer(side) for name, side in sides.items()}
        self._steps = len(self._batches())
        self.schedules = [
            config.build_schedule(optimizer, config.length(self._steps))
            for optimizer in self.optimizers.values()
        ]
        self.position = Position()
        self.history: list[Record] = []
        self.saved: Path | None = None
        self._noise = TrainingNoise(config.seed, self.model, config.generator)
        self._averages = RunningAverages()
        self._unread: list[Attempt] = []
        self._uploader = Uploader(config.device)
        self._interval = 1 if config.device == CPU else STEPS_BETWEEN_READINGS
        self._checkpoints = CheckpointFolder(folder.checkpoints)
        self._progress = progress and world.is_root
        self._report = report or _say
        title = f"{config.model} on {config.dataset}"
        originals = test.first(test.kind.compared)
        length = {"epochs": config.epochs, "steps": config.length(self._steps)}
        self._album = (
            Album(folder, self.model, originals, config.seed, title, **length)
            if pictures and world.is_root
            else None
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint; that of another model or optimiser is a `RunError`."""
        weights = self._checkpoints.weights_file(checkpoint.position)
        try:
            self.model.load_state_dict(checkpoint.weights)
            for side, optimizer in self.optimizers.items():
                optimizer.load_state_dict(checkpoint.optimizers[side])
        except (RuntimeError, ValueError, KeyError) as error:
            raise RunError(f"{weights} does not fit {self.folder.config}: {error}") from error
        self._noise.set_state(checkpoint.generators)
        self._averages.set_state(checkpoint.averages)
        self.position = checkpoint.position
        for schedule in self.schedules:
            schedule.load_state_dict({**schedule.state_dict(), "last_epoch": self._steps_done})
        self.history = list(checkpoint.history)
        self.saved = weights

    def run(self, finished: Callable[[Record], object] = lambda _: None) -> None:
        """Train to the last epoch, or until patience ends; `finished` is told the record of each.

        `TrainingInterrupted` tells that somebody asked to stop, and that the run was saved;
        `DivergenceError`, that the loss became NaN or infinite.
        """
        # What NumPy would warn of, step by step, is found in the loss and explained.
        quiet = np.errstate(divide="ignore", over="ignore", invalid="ignore")
        with Interruption() as interruption, quiet:
            while not is_over(self.config, self.position, self.history):
                self._run_epoch(interruption)
                finished(self.history[-1])

    def time_a_step(self) -> float:
        """Train for a few steps; return the seconds of one, by the fastest of three rounds.

        A round is 16 steps, in which whatever is done in every n-th step alone has its part. The
        trainer is of no use afterwards.
        """
        batches = itertools.cycle(self._batches(stream(self.config.seed, Purpose.ORDER, 1)))
        self.model.train()
        for indices in itertools.islice(batches, STEPS_IN_A_ROUND):  # warms up
            self._step(indices)
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            for indices in itertools.islice(batches, STEPS_IN_A_ROUND):
                self._step(indices)
            self._read_losses()
            seconds.append(time.perf_counter() - start)
        return min(seconds) / STEPS_IN_A_ROUND

    def _run_epoch(self, interruption: Interruption) -> None:
        """Do what is left of an epoch."""
        epoch = self.position.epoch + 1
        order = stream(self.config.seed, Purpose.ORDER, epoch)
        left = self.config.length(self._steps) - self._steps * (epoch - 1)
        batches = self._batches(order)[:left]
        self.model.train()
        with self._progress_bar(epoch, len(batches)) as bar:
            for indices in batches[self.position.step :]:
                if self.world.any(interruption.requested):
                    self._stop()
                self.model.anneal(self.position.epoch + self.position.step / self._steps)
                self._step(indices)
                if self._album is not None:
                    self._album.draw_on_the_way(self._steps_done)
                bar.set_postfix_str(_running(self._averages), refresh=False)
                bar.update()
            self._finish_epoch(epoch)
            bar.set_postfix_str(_finished(self.history[-1]))

    def _batches(self, order: Generator | None = None) -> list[npt.NDArray[np.int64]]:
        """Divide the training images among the batches of an epoch."""
        return self.config.batches(len(self._train), self.model, order)

    @property
    def _steps_done(self) -> int:
        """The steps since the beginning of the run."""
        return self.position.epoch * self._steps + self.position.step

    def _step(self, indices: npt.NDArray[np.int64]) -> None:
        """Move the weights of every side whose turn it is, downhill on its loss of one batch."""
        with self.world.shard(len(indices), getattr(self.model, "packing", 1)) as shard:
            batch = self._next_batch(indices[shard.rows])
            for side in self.model.turns(self._steps_done):
                self._take_turn(side, batch, shard)
        for schedule in self.schedules:
            schedule.step()
        self.position = Position(self.position.epoch, self.position.step + 1)

    def _next_batch(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Make a batch and send it to the device, which still computes on the one before."""
        images, labels = self._uploader.send(*self._train.batch(indices, self._noise.generator))
        return images, labels

    def _take_turn(self, side: str, batch: Batch, shard: Shard) -> None:
        attempt = Attempt(self.position.step + 1, side, batch, shard, self._noise.get_state())
        self._unread.append(attempt)
        terms = self._terms(side, batch)
        self._averages.add(average_terms_of(terms, shard), shard.total)
        if len(self._unread) >= self._interval:
            self._read_losses()
        optimizer = self.optimizers[side]
        optimizer.zero_grad()
        self._differentiate(_loss(terms), self.model.sides()[side], shard)
        optimizer.step()
        self.model.finish_turn(side)

    def _differentiate(self, loss: Tensor, side: nn.Module, shard: Shard) -> None:
        """Give a side's parameters the gradients of the whole batch's mean."""
        if self.world.size > 1 and self.config.chunks is None:
            backward_and_average(loss, shard, side.parameters())
        else:
            shard.backward(loss)
            average_gradients(side.parameters(), shard)

    def _terms(self, side: str, batch: Batch) -> dict[str, Tensor]:
        return self.model.side_terms(side, *batch, generator=self._noise.generator)

    def _read_losses(self) -> None:
        """Read the losses of the last steps; end the run if one is not finite."""
        fault = self._averages.read()
        if fault is not None:
            attempt = self._unread[fault]

            def again() -> None:
                self._noise.set_state(attempt.noise)
                with open_shard(attempt.shard if attempt.shard.exchange else None):
                    _loss(self._terms(attempt.side, attempt.batch)).backward()

            self._diverge(
                f"the training loss became NaN or infinite in epoch {self.position.epoch + 1}, "
                f"step {attempt.step}",
                attempt.step,
                again,
            )
        self._unread.clear()

    def _finish_epoch(self, epoch: int) -> None:
        """Evaluate, draw, record and save: the checkpoint comes last, and vouches for the rest."""
        self._read_losses()
        test = self._evaluate(self.world)
        if not all(math.isfinite(value) for value in test.values()):
            found = f"the test loss became NaN or infinite after epoch {epoch}"
            self._diverge(found, self.position.step, self._evaluate)
        self.history.append({"epoch": epoch, "train": self._averages.values(), "test": test})
        self.history[-1] = self.world.of_root(self._watched)
        self.position = Position(epoch)
        self._averages = RunningAverages()
        if self._album is not None:
            self._album.draw(self.history, last=is_over(self.config, self.position, self.history))
        if self.world.is_root:
            self.folder.write_history(self.history)
        self._save()

    def _evaluate(self, world: Communicator = ALONE) -> dict[str, float]:
        """Average the terms over the test images; the noise is the same after every epoch."""
        generator = stream(self.config.seed, Purpose.EVALUATION)
        test = self._test
        return average_terms(self.model, test.images, test.labels, generator=generator, world=world)

    def _watched(self) -> Record:
        """Have the model measure how its training stands, and say what is wrong."""
        record = self.history[-1]
        reading, sentences = self.model.watch(
            *self._test.first(WATCHED),
            averages=record["train"],
            earlier=[past["watch"] for past in self.history[:-1] if "watch" in past],
            generator=stream(self.config.seed, Purpose.EVALUATION),
        )
        if reading:
            record["watch"] = reading
        for sentence in sentences:
            self._report(f"watch: after epoch {record['epoch']} {sentence}")
        return record

    def _save(self) -> Path:
        """Have the root write a checkpoint; the others have the same weights, and wait."""
        self.saved = self.world.of_root(self._write_checkpoint)
        return self.saved

    def _write_checkpoint(self) -> Path:
        checkpoint = Checkpoint(
            position=self.position,
            weights=self.model.state_dict(),
            optimizers={side: each.state_dict() for side, each in self.optimizers.items()},
            generators=self._noise.get_state(),
            averages=self._averages.get_state(),
            history=self.history,
        )
        best = best_epoch(self.history) if self.config.patience else None
        return self._checkpoints.save(checkpoint, self.config.keep, best)

    def _stop(self) -> NoReturn:
        """Save and leave, as somebody asked."""
        self._read_losses()
        raise TrainingInterrupted(self.folder.path, self._save())

    def _diverge(self, found: str, step: int, again: Callable[[], object]) -> NoReturn:
        """Leave with the cause of a loss that is not finite, and the curves that led there."""
        if self._album is not None and self.history:
            self._album.draw_curves(self.history)
        cause = find_cause(self.model, again)
        if cause.endswith(NOTHING_FOUND):  # in this shard; who found it in another ends this worker
            self.world.gather(NOTHING_FOUND)
        raise DivergenceError(
            found,
            epoch=self.position.epoch + 1,
            step=step,
            cause=cause,
            checkpoint=self.saved,
        )

    def _progress_bar(self, epoch: int, steps: int) -> Any:
        return tqdm(
            desc=f"epoch {epoch}/{self.config.epochs}",
            total=steps,
            initial=self.position.step,
            unit="batch",
            disable=not self._progress or sys.stderr is None,  # as without a console
        )


def is_over(config: RunConfig, position: Position, history: Sequence[Record]) -> bool:
    """Tell whether a run has had its epochs, or no better one for as many as it has patience."""
    if position.epoch >= config.epochs:
        return True
    patience = config.patience or 0
    best = best_epoch(history) if patience else None
    return best is not None and position.step == 0 and position.epoch - best >= patience


class Uploader:
    """Sends one batch after the other to a device, on a GPU beside what it computes.

    A program runs ahead of its GPU. When it sends the next batch, the GPU still computes on the
    present one; sent like any other array, the copy would queue up behind that. The uploader copies
    on a stream of its own, from page-locked memory (CuPy's `asarray` passes it through such
    memory), and the computing stream waits for the copy alone.

    A batch must be used before the next one is sent: what was sent two calls ago is taken to be
    done with once nobody holds it, and its memory is then written to again. On the CPU
    batches stay what they are.

    Examples
    --------
    >>> import numpy as np
    >>> uploader = Uploader("cpu")
    >>> images, labels = uploader.send(np.zeros((2, 3)), None)
    >>> images.shape, labels
    ((2, 3), None)
    """

    def __init__(self, device: object) -> None:
        self._device = canonical_device(device)
        self._stream: Any = None
        self._before_last: Any = None
        self._last: tuple[Array | None, ...] = ()

    def send(self, *arrays: Array | None) -> tuple[Array | None, ...]:
        """Return the arrays of a batch on the device; None stands for one that is not there.

        A GPU that cannot be used is a `minigen.DeviceError`.
        """
        if self._device == CPU:
            return tuple(None if array is None else to_numpy(array) for array in arrays)
        library = use_device(self._device)
        computing = library.cuda.get_current_stream()
        before_this = computing.record()
        if self._stream is None:
            self._stream = library.cuda.Stream(non_blocking=True)
        else:
            # CuPy hands memory out again at once when nobody holds it, to the stream that it was
            # allocated on. The last batch is held, so what this copy writes over belonged to an
            # earlier one, on which all work was queued before the last was sent.
            self._stream.wait_event(self._before_last)
        with self._stream:
            sent = tuple(None if array is None else library.asarray(array) for array in arrays)
        computing.wait_event(self._stream.record())
        self._before_last, self._last = before_this, sent
        return sent


def _say(message: str) -> None:
    """Write a line above the progress bar, on the standard error stream, if there is one."""
    if sys.stderr is not None:
        tqdm.write(message, file=sys.stderr)


def _loss(terms: Mapping[str, Tensor]) -> Tensor:
    """Return what is minimised: the first of the terms."""
    return next(iter(terms.values()))


def _running(averages: RunningAverages) -> str:
    """Say for the progress bar how the epoch is going."""
    return ", ".join(f"{name}={value:.2f}" for name, value in losses(averages.values()).items())


def _finished(record: Mapping[str, Any]) -> str:
    """Say for the progress bar how the epoch went."""
    train, test = losses(record["train"]), losses(record["test"])
    return ", ".join(f"{name}={value:.2f}, test={test[name]:.2f}" for name, value in train.items())
