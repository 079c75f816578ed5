"""The examples of a run: its data set's, as its model takes them, divided into parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minigen import data, kinds, models
from minigen.data.spoken import as_spectrograms
from minigen.engine.backend import Array, to_device
from minigen.engine.random import Generator
from minigen.kinds import Kind
from minigen.training.config import RunConfig
from minigen.training.data_sources import OwnCollection, data_source, read_own
from minigen.training.errors import ConfigurationError

Batch: TypeAlias = tuple[Array, Array | None]
"""Images, and the labels that a conditional model is told."""

_SEEDS = {"train": 0, "test": 1}  # of the static binarisation: the same data set in every run
_HOLDING_OUT = 2  # the seed that tells which training examples serve validation, in every run


@dataclass(frozen=True)
class Examples:
    """One split of a run's data, and how a minibatch of it is made.

    Parameters
    ----------
    images : array of float32, shape (N, ...)
        Images (N, C, H, W) in [0, 1]; or what examples of another `kind` are.
    labels, classes : array of int64, shape (N,), optional; int
        Their classes, if the model is conditional, and how many it has to know: 0 for any other;
        or whatever else a model is told of each, such as sentences (N, L).
    device : str
        Where the model is.
    resampled : bool
        Whether every minibatch is drawn anew in black and white.
    options : mapping
        Further options of the model that the data set decides: see `Kind.options`.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64] | None = None
    classes: int = 0
    device: str = "cpu"
    resampled: bool = False
    kind: Kind = field(default_factory=lambda: kinds.find("image"))
    options: Mapping[str, Any] = field(default_factory=dict)

    def batch(self, indices: npt.NDArray[np.int64], generator: Generator) -> Batch:
        """Return the images of those numbers, and their labels if there are any, on the host."""
        images, labels = self.of(indices)
        return data.sample_bernoulli(images, generator) if self.resampled else images, labels

    def of(
        self, indices: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64] | None]:
        """Return the images of those numbers as they are, and their labels, on the host."""
        return self.images[indices], None if self.labels is None else self.labels[indices]

    def first(self, count: int) -> Batch:
        """Return the first images, never drawn anew, and their labels, on the device."""
        labels = None if self.labels is None else to_device(self.labels[:count], self.device)
        return to_device(self.images[:count], self.device), labels

    def decided(self) -> dict[str, Any]:
        """Return the options of a model that the data decide."""
        found = {**self.kind.decided(self.images), **self.options}
        return {**found, "classes": self.classes} if self.classes else found

    def __len__(self) -> int:
        return len(self.images)


def load_examples(config: RunConfig, split: str) -> Examples:
    """Load one split of a data set; images are scaled to [0, 1], and made binary if asked.

    Of a set of good images and bad ones (`minigen.data.Defects`) the good ones alone are taken.
    Only training images are ever drawn afresh, so that the bounds compare.

    Parameters
    ----------
    config : RunConfig
        Which data, and how many of the training examples serve validation.
    split : {"train", "validation", "test"}
        What is to be loaded.

    Raises
    ------
    ConfigurationError
        If something else than images is to be made binary, no training example would be left, or
        there is no such `normal_class`.
    minigen.data.DataError
        If the data set is out of reach or damaged.

    Examples
    --------
    >>> examples = load_examples(RunConfig(binarize="static"), "test")
    >>> len(examples), set(examples.images.ravel().tolist()) == {0.0, 1.0}
    (382, True)
    >>> [len(load_examples(RunConfig(validation=400), split)) for split in ("train", "validation")]
    [1015, 400]
    """
    part = "test" if split == "test" else "train"
    dataset = load_data(config, part)
    kind = kinds.find(dataset.kind).of(dataset)
    images = kind.examples(dataset)
    _expect_finite(images, config.dataset, kind)
    if config.binarize != "none" and not kind.grey:
        raise ConfigurationError(
            f"binarize: {config.dataset} has {kind.plural}, not pixels: leave it 'none'"
        )
    resampled = config.binarize == "dynamic" and split == "train"
    if config.binarize != "none" and not resampled:
        images = data.binarize_statically(images, seed=_SEEDS[part])
    labels, classes, model = kind.told(dataset), 0, models.find(config.model)
    if model.conditional:
        if dataset.labels is None:
            raise ConfigurationError(
                f"{config.model} is told the class of each example, and {config.dataset} has none: "
                "pictures get classes from the sub-folders that they lie in, arrays from labels in "
                "the same .npz file, one a picture"
            )
        labels, classes = dataset.labels, len(dataset.classes)
    good = np.flatnonzero(~getattr(dataset, "bad", np.zeros(len(images), np.bool_)))
    if part == "train" and config.validation:
        groups = getattr(dataset, "groups", None)
        groups = None if groups is None else groups[good]
        good = good[_of_split(split, len(good), config.validation, groups)]
    if len(good) < len(images):
        images, labels = images[good], None if labels is None else labels[good]
    known = {option.name for option in models.options(model)}
    decided = {name: value for name, value in kind.options(dataset).items() if name in known}
    return Examples(images, labels, classes, config.device, resampled, kind, decided)


def _of_split(
    split: str, examples: int, held_out: int, groups: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """Return the numbers of the training examples that belong to a split.

    Those of a group (N,), such as the words of a voice, follow one another in the order by which
    they are held out, so that but for the last one each group is of one split as a whole.
    """
    if held_out >= examples:
        raise ConfigurationError(
            f"validation: fewer than the {examples:,} training examples are expected, so that some "
            f"are left to train on, got {held_out:,}"
        )
    order = Generator(_HOLDING_OUT).permutation(examples)
    if groups is not None:
        turns = Generator(_HOLDING_OUT).permutation(int(groups.max()) + 1)
        order = np.argsort(turns[groups], kind="stable")
    return np.sort(order[:held_out] if split == "validation" else order[held_out:])


def load_data(dataset: str | RunConfig, split: str) -> Any:
    """Load one split of a data set: by `minigen.data.load`, or by a function outside the package.

    A function outside is named ``"package.module:function"``. It takes the split, ``"train"`` or
    ``"test"``, and returns an object with a `kind` and, for conditional models, `labels` and
    `classes`; it may have an `augmentation`, see `minigen.data.Images`. Of a run's
    configuration, pictures of one's own are loaded, too.

    Raises
    ------
    ConfigurationError
        If a run's `normal_class` is none of the data set's.
    ValueError
        If there is no such data set.
    minigen.data.DataError
        If it is out of reach or damaged; pictures of one's own also if they are not those that the
        run began with.
    """
    if isinstance(dataset, str):
        return data_source(dataset)(split)
    own = dataset.own_data
    found: Any = (
        data_source(dataset.dataset)(split)
        if own is None
        else _own_collection(own).part(split, own.test_share)
    )
    if isinstance(found, data.Sounds) and "spectrogram" in models.find(dataset.model).kinds:
        found = as_spectrograms(found)
    if dataset.normal_class is None:
        return found
    if isinstance(found, data.Texts):
        raise ConfigurationError(f"normal_class: {dataset.dataset} holds texts, without classes")
    try:
        return data.one_against_the_rest(found, dataset.normal_class)
    except ValueError as error:
        raise ConfigurationError(f"normal_class: {error}") from error


def _own_collection(own: data.OwnData) -> OwnCollection:
    """Read pictures of one's own; those of a run must be what they were when it began."""
    elsewhere = "if they are elsewhere now, say where (--data PATH)"
    if own.digest is not None and not own.located.exists():
        raise data.MissingDataError(
            f"the run's pictures are not at {own.located} any more: {elsewhere}"
        )
    found = read_own(own)
    if own.digest not in {None, found.digest}:
        then, now = own.number, len(found.images)
        what = f"{then:,} then, {now:,} now" if then != now else f"of {now:,} some differ"
        raise data.ChangedDataError(
            f"{own.located}: these are not the pictures that the run was trained on ({what}): "
            f"{elsewhere}"
        )
    return found


def _expect_finite(examples: npt.NDArray[Any], dataset: str, kind: Kind) -> None:
    """Refuse NaN and infinite values where data enter, and not at the first loss."""
    if examples.dtype.kind != "f" or not examples.size:
        return
    if not (np.isfinite(examples.min()) and np.isfinite(examples.max())):
        broken = ~np.isfinite(examples.reshape(len(examples), -1)).all(axis=1)
        first = int(broken.argmax())
        raise data.DataFileError(
            f"{dataset}: {int(broken.sum()):,} of {len(examples):,} {kind.plural} hold NaN or "
            f"infinite values, number {first} the first"
        )
