"""A run's images, as its model gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen import data
from minigen.backend import Array, to_device
from minigen.random import Generator
from minigen.training.config import RunConfig

_SEEDS = {"train": 0, "test": 1}  # of the static binarisation: the same data set in every run


@dataclass(frozen=True)
class Examples:
    """The images of one split, and how a minibatch of them is made.

    Parameters
    ----------
    images : array of float32, shape (N, C, H, W)
        In [0, 1].
    device : str
        Where minibatches go.
    resampled : bool
        Whether every minibatch is drawn anew in black and white.
    """

    images: npt.NDArray[np.float32]
    device: str = "cpu"
    resampled: bool = False

    def batch(self, indices: npt.NDArray[np.int64], generator: Generator) -> Array:
        """Return the images of those numbers, on the device."""
        images: Any = self.images[indices]
        if self.resampled:
            images = data.sample_bernoulli(images, generator)
        return to_device(images, self.device)

    def __len__(self) -> int:
        return len(self.images)


def load_examples(config: RunConfig, split: str) -> Examples:
    """Load one split of a run's data set, scaled to [0, 1] and made binary as the run wants it.

    Parameters
    ----------
    config : RunConfig
        The run's.
    split : {"train", "test"}
        Test images are the same in every pass; with ``binarize="dynamic"`` they are those of
        ``binarize="static"``, so that the bounds compare.

    Raises
    ------
    minigen.data.DataError
        If the data set is out of reach or damaged.

    Examples
    --------
    >>> examples = load_examples(RunConfig(binarize="static"), "test")
    >>> len(examples), set(examples.images.ravel().tolist()) == {0.0, 1.0}
    (382, True)
    """
    images = data.load(config.dataset, split).scaled()
    resampled = config.binarize == "dynamic" and split == "train"
    if config.binarize != "none" and not resampled:
        images = data.binarize_statically(images, seed=_SEEDS[split])
    return Examples(images, config.device, resampled)
