"""A run's images and labels, as its model gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minigen import data, models
from minigen.engine.backend import Array, to_device
from minigen.engine.random import Generator
from minigen.training.config import RunConfig
from minigen.training.errors import ConfigurationError

Batch: TypeAlias = tuple[Array, Array | None]
"""Images, and the labels that a conditional model is told."""

_SEEDS = {"train": 0, "test": 1}  # of the static binarisation: the same data set in every run


@dataclass(frozen=True)
class Examples:
    """The images of one split, and how a minibatch of them is made.

    Parameters
    ----------
    images : array of float32, shape (N, C, H, W) or (N, 2)
        In [0, 1]; or points of the plane, as they are.
    labels : array of int64, shape (N,), optional
        The images' classes, if the model is conditional.
    classes : int
        How many classes a conditional model has to know; 0 for any other.
    device : str
        Where the model is.
    resampled : bool
        Whether every minibatch is drawn anew in black and white.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64] | None = None
    classes: int = 0
    device: str = "cpu"
    resampled: bool = False

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

    def __len__(self) -> int:
        return len(self.images)


def load_examples(config: RunConfig, split: str) -> Examples:
    """Load one split of a run's data set: images scaled to [0, 1] and made binary, or points.

    Parameters
    ----------
    config : RunConfig
        The run's.
    split : {"train", "test"}
        Test images are the same in every pass; with ``binarize="dynamic"`` they are those of
        ``binarize="static"``, so that the bounds compare.

    Raises
    ------
    ConfigurationError
        If points are to be made binary.
    minigen.data.DataError
        If the data set is out of reach or damaged.

    Examples
    --------
    >>> examples = load_examples(RunConfig(binarize="static"), "test")
    >>> len(examples), set(examples.images.ravel().tolist()) == {0.0, 1.0}
    (382, True)
    """
    dataset = data.load(config.dataset, split)
    images = dataset.points if isinstance(dataset, data.Points) else dataset.scaled()
    if config.binarize != "none" and images.ndim != 4:
        raise ConfigurationError(
            f"binarize: {config.dataset} has points, not pixels: leave it 'none'"
        )
    resampled = config.binarize == "dynamic" and split == "train"
    if config.binarize != "none" and not resampled:
        images = data.binarize_statically(images, seed=_SEEDS[split])
    labels, classes = None, 0
    if models.MODELS[config.model].conditional:
        labels, classes = dataset.labels, len(dataset.classes)
    return Examples(images, labels, classes, config.device, resampled)
