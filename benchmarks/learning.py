"""Time to result: how near generated images come to real ones, against the steps and their time.

The conditional GAN of W5, as ``minigen train cgan`` trains it: on real images, with a rate that
falls in the second half of the run, and with an average of the generator, which makes the samples.
Every library starts from the same weights, and is shown the same images in the same order; each
draws noise of its own.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt

from benchmarks.contender import Contender, Worker
from benchmarks.contest import MINIGEN, TORCH, initial_weights
from benchmarks.libraries import make_learner
from benchmarks.workloads import SEED, WORKLOADS, Array
from minigen import Generator, data
from minigen.files import write_atomically

DATASETS = ("mnist", "fashion_mnist", "printed_digits")
"""Ten classes of grey images of 28 x 28 pixels, as W5 has them."""

WORKLOAD = WORKLOADS["W5"]
CLASSES = 10
CONTENDERS = (MINIGEN, TORCH)

_AT_ONCE = 1000
"""How many samples are drawn together."""


def rate(step: int, steps: int) -> float:
    """Return the learning rate of a step: W5's for half a run, then in a line to a fiftieth.

    Examples
    --------
    >>> [round(1e3 * rate(step, 100), 2) for step in (0, 50, 75, 100)]
    [1.0, 1.0, 0.51, 0.02]
    """
    half = steps // 2
    gone = max(0, step - half) / max(1, steps - half)
    return WORKLOAD.lr * (1 - gone * (1 - 1 / 50))


class Course:
    """A run of one library, inside a worker.

    Parameters
    ----------
    library : str
        ``"minigen"`` or ``"torch"``.
    dataset : str
        One of `DATASETS`.
    steps : int
        How many the run has in all.
    weights : sequence of array
        The first values of all parameters.
    """

    def __init__(self, library: str, dataset: str, steps: int, weights: Sequence[Array]) -> None:
        train = _images(dataset, "train")
        self._images, self._labels = train.scaled(), train.labels
        self._steps = steps
        self._begin(library, weights)
        self.learn(1)  # warms up
        self._begin(library, weights)

    def _begin(self, library: str, weights: Sequence[Array]) -> None:
        self._learner = make_learner(library, WORKLOAD, weights)
        self._batches = self._endless_batches()
        self._done, self._seconds = 0, 0.0

    def learn(self, until: int) -> float:
        """Train up to a step; return the CPU seconds of all steps so far, batches included."""
        codes = np.eye(CLASSES, dtype=np.float32)
        start = process_time()
        for step in range(self._done, until):
            chosen = next(self._batches)
            labels = self._labels[chosen]
            at = rate(step, self._steps)
            self._learner.learn(self._images[chosen], labels, codes[labels], at)
        self._seconds += process_time() - start
        self._done = until
        return self._seconds

    def generate(self, count: int, file: str) -> None:
        """Write samples of one class after the other, of the same noise every time."""
        noise = Generator(SEED).normal((count, WORKLOAD.latent))
        codes = np.eye(CLASSES, dtype=np.float32)[np.arange(count) % CLASSES]
        made = [
            self._learner.generate(noise[start : start + _AT_ONCE], codes[start : start + _AT_ONCE])
            for start in range(0, count, _AT_ONCE)
        ]
        np.save(file, np.concatenate(made))

    def _endless_batches(self) -> Iterator[npt.NDArray[np.int64]]:
        order = Generator(SEED)
        while True:
            yield from data.batch_indices(
                len(self._images), WORKLOAD.batch, generator=order, drop_last=True
            )


@dataclass(frozen=True)
class Moment:
    """How a run stands: its steps, their CPU seconds, and the samples' Fréchet distance."""

    steps: int
    seconds: float
    distance: float


@dataclass(frozen=True)
class Outcome:
    """The runs on one data set, by the library; and what as many real training images get."""

    dataset: str
    samples: int
    real: float
    runs: Mapping[str, Sequence[Moment]]


class Judge:
    """Measures the Fréchet distance of images to `samples` test images."""

    def __init__(self, dataset: str, samples: int) -> None:
        from minigen import metrics

        self.samples = samples
        self._extractor = metrics.load_feature_extractor(dataset)
        test = _drawn(_images(dataset, "test"), samples)
        self._test = metrics.extract_features(self._extractor, test)

    def distance(self, images: Array) -> float:
        """Return how far images, as many as the test images, are from these."""
        from minigen import metrics

        features = metrics.extract_features(self._extractor, np.clip(images, 0, 1))
        return metrics.frechet_distance(self._test, features)


def compare(dataset: str, steps: int, every: int, samples: int, threads: int) -> Outcome:
    """Train W5 with minigen and with PyTorch, and judge both after every so many steps."""
    judge = Judge(dataset, samples)
    real = judge.distance(_drawn(_images(dataset, "train"), samples))
    moments = [*range(every, steps, every), steps]
    with initial_weights(WORKLOAD.name) as weights, tempfile.TemporaryDirectory() as folder:
        runs = {}
        for contender in CONTENDERS:
            with Worker(contender, threads) as worker:
                worker.call("prepare_course", dataset=dataset, steps=steps, weights=weights)
                runs[contender.library] = [
                    _moment(worker, until, judge, Path(folder, "samples.npy")) for until in moments
                ]
    return Outcome(dataset, samples, real, runs)


def _moment(worker: Worker, until: int, judge: Judge, file: Path) -> Moment:
    """Train on up to a step, and judge what the generator then makes."""
    seconds = worker.call("learn", until=until)
    worker.call("generate", count=judge.samples, file=str(file))
    return Moment(until, seconds, judge.distance(np.load(file)))


def _drawn(images: data.Dataset, count: int) -> Array:
    """Return some images, drawn at random: their files' order may mean something."""
    return images.scaled()[Generator(SEED).permutation(len(images))[:count]]


def _images(dataset: str, split: str) -> data.Dataset:
    loaded = data.load(dataset, split)
    assert isinstance(loaded, data.Dataset)
    return loaded


# ----------------------------------------------------------------------------------- what is shown


def table(outcome: Outcome) -> str:
    """Return the runs side by side, as Markdown."""
    labels = [Contender(library).label for library in outcome.runs]
    heads = [f"{label}: CPU seconds | Fréchet" for label in labels]
    lines = [
        f"{outcome.dataset}, {outcome.samples:,} samples; real training images: {outcome.real:.2f}",
        "",
        f"| steps | {' | '.join(heads)} |",
        f"|{' --- |' * (1 + 2 * len(heads))}",
    ]
    for moments in zip(*outcome.runs.values(), strict=True):
        cells = [f"{each.seconds:.0f} | {each.distance:.2f}" for each in moments]
        lines.append(f"| {moments[0].steps:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Draw the distance against the steps, a panel a data set."""
    from matplotlib.figure import Figure

    from minigen.viz.style import COLOURS, DPI, save_figure

    size = (0.6 + 3.8 * len(outcomes), 3.4)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    for axes, outcome in zip(
        figure.subplots(1, len(outcomes), squeeze=False).flat, outcomes, strict=True
    ):
        for (library, moments), colour, dash in zip(
            outcome.runs.items(), COLOURS, ("-", "--"), strict=False
        ):
            axes.plot(
                [moment.steps for moment in moments],
                [moment.distance for moment in moments],
                label=Contender(library).label,
                color=colour,
                linestyle=dash,
                marker="o",
                markersize=3.5,
            )
        axes.axhline(outcome.real, label="real images", color=COLOURS[2], linestyle=":")
        axes.set_yscale("log")
        axes.set(title=outcome.dataset, xlabel="step", ylabel="Fréchet distance")
        axes.grid(visible=True, which="both", color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    save_figure(figure, path)


def write_json(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write all that was measured."""
    found = [dataclasses.asdict(outcome) for outcome in outcomes]
    write_atomically(path, (json.dumps(found, indent=2) + "\n").encode())
