r"""What images are compared by: the last hidden layer of a small classifier, trained and frozen.

Pixels are a poor measure of likeness: a digit moved by one pixel is far from itself. A classifier's
last hidden layer describes what is to be seen, and distances between such descriptions are what
Fréchet and kernel distance, precision and recall are made of.

The classifiers are small, trained by this library (`minigen.metrics.train_features`), and part of
the package. They are not the Inception network of the literature: values measured with them compare
with one another, on one data set, and with no published number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from minigen import nn
from minigen.data.publication import DataFileError, PublishedFile
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches
from minigen.models.base import ImageShape, as_image_shape
from minigen.models.networks import code_shape, expect_halving

FEATURES: Final = 64
"""How many numbers describe an image."""

WEIGHTS: Final = Path(__file__).with_name("weights")
"""The folder of the trained weights."""


class FeatureExtractor(nn.Module):
    r"""A small convolutional classifier whose last hidden layer describes an image.

    Convolutions halve the image's height and width, one dense layer makes 64 features of what is
    left, and another the classes' logits of the features. Batch norm and ReLU follow every layer
    but the last.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of the images.
    channels : sequence of int
        The channels of each convolution.
    classes : int, default 10
        How many the classifier tells apart.
    generator : Generator, optional
        Draws the initial weights, and what dropout drops in training.

    Examples
    --------
    >>> import minigen
    >>> extractor = FeatureExtractor((1, 28, 28), channels=(16, 16))
    >>> images = minigen.rand(5, 1, 28, 28)
    >>> extractor.features(images).shape, extractor(images).shape
    ((5, 64), (5, 10))
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int],
        classes: int = 10,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.image_shape: ImageShape = as_image_shape(image_shape)
        try:
            expect_halving(self.image_shape, channels)
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}: {error}") from error
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((self.image_shape[0], *channels)):
            halving = nn.Conv2d(
                before, after, 4, stride=2, padding=1, bias=False, generator=generator
            )
            layers += [halving, nn.BatchNorm2d(after), nn.ReLU()]
        pixels = math.prod(code_shape(self.image_shape, channels))
        layers += [nn.Flatten(), nn.Dropout(0.3, generator=generator)]
        layers.append(nn.Dense(pixels, FEATURES, bias=False, generator=generator))
        layers += [nn.BatchNorm1d(FEATURES), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Dense(FEATURES, classes, generator=generator)

    def features(self, x: Array) -> Tensor:
        """Describe images (N, C, H, W) in [0, 1] by the last hidden layer: (N, 64)."""
        if tuple(x.shape[1:]) != self.image_shape:
            channels, height, width = self.image_shape
            raise ValueError(
                f"{type(self).__name__}: images of shape (N, {channels}, {height}, {width}) are "
                f"expected, got {tuple(x.shape)}"
            )
        described: Tensor = self.body(x)
        return described

    def forward(self, x: Array) -> Tensor:
        """Return the logits (N, classes) of images (N, C, H, W) in [0, 1]."""
        logits: Tensor = self.head(self.features(x))
        return logits


@dataclass(frozen=True)
class TrainedExtractor:
    """A classifier in the package: its architecture, the file of its weights, and how good it is.

    `image_shape`, `channels` and `classes` are as `FeatureExtractor` takes them; `test_accuracy` is
    the share of the data set's test images that it names correctly.
    """

    image_shape: ImageShape
    channels: tuple[int, ...]
    file: PublishedFile
    test_accuracy: float
    classes: int = 10


TRAINED: Final = {
    "digits": TrainedExtractor(
        (1, 8, 8),
        (32,),
        PublishedFile(
            "digits.safetensors",
            69_708,
            "f4f7043da19742ff73c2db3333ae1a1faec25c105581101315eebbdf92c33872",
        ),
        test_accuracy=0.9555,
    ),
    "mnist": TrainedExtractor(
        (1, 28, 28),
        (16, 16),
        PublishedFile(
            "mnist.safetensors",
            112_676,
            "d8554c4d17196b8f3ad2df2778fa1cafadf6015b1c220e5cbf20ae74f1516025",
        ),
        test_accuracy=0.9920,
    ),
    "fashion_mnist": TrainedExtractor(
        (1, 28, 28),
        (16, 16),
        PublishedFile(
            "fashion_mnist.safetensors",
            112_676,
            "ff5ab2b14af44e865ba87b3008d07031c3bc75a67062f1e99c388b5a10c48bbb",
        ),
        test_accuracy=0.9155,
    ),
    "cifar10": TrainedExtractor(
        (3, 32, 32),
        (24, 32, 32),
        PublishedFile(
            "cifar10.safetensors",
            129_748,
            "2739ba92eb3504d7e0d919a119f730c581f09a937b4a76af6cdeaf0e84bbca21",
        ),
        test_accuracy=0.6517,
    ),
    "printed_digits": TrainedExtractor(
        (1, 28, 28),
        (16, 16),
        PublishedFile(
            "printed_digits.safetensors",
            112_676,
            "d7fd2a371e0eb4bbe25eb0a8edf8fd17b4513cafc86871093cdbd3972c99d794",
        ),
        test_accuracy=1.0,
    ),
    "printed_letters": TrainedExtractor(
        (1, 28, 28),
        (16, 16),
        PublishedFile(
            "printed_letters.safetensors",
            114_756,
            "d5a0e32a9fb45a61aff3d7257ce5bce124e0bcf98fa51569bd41bb4173662b16",
        ),
        test_accuracy=0.9999,
        classes=26,
    ),
    "coloured_shapes": TrainedExtractor(
        (3, 32, 32),
        (24, 32, 32),
        PublishedFile(
            "coloured_shapes.safetensors",
            131_048,
            "5443e66cad8ae1a6a0ff74e090a1794a18ddb5c1ee079d439ac43f6f6717abf3",
        ),
        test_accuracy=0.9998,
        classes=20,
    ),
    "coloured_shapes_64": TrainedExtractor(
        (3, 64, 64),
        (16, 24, 32, 32),
        PublishedFile(
            "coloured_shapes_64.safetensors",
            143_168,
            "bfce0aacc6c78231501bbf80b54f8a344b8a985312d2a8e9325f49cb77cfd54f",
        ),
        test_accuracy=0.9872,
        classes=20,
    ),
    "spoken": TrainedExtractor(
        (1, 32, 32),
        (16, 32, 32),
        PublishedFile(
            "spoken.safetensors",
            119_692,
            "1861124f41733c2c8756c8a69457863b79831b589df1ead6b18515f7d532686e",
        ),
        test_accuracy=1.0,
    ),
}
"""The trained classifiers, by the name of the data set whose images they know."""


def load_feature_extractor(dataset: str) -> FeatureExtractor:
    """Load the frozen classifier of a data set, whose last hidden layer describes its images.

    The file's SHA-256 is compared with the recorded one: two people who report a distance measured
    with it have used the same weights.

    Parameters
    ----------
    dataset : str
        A name in `TRAINED`, such as ``"digits"`` or ``"mnist"``.

    Returns
    -------
    FeatureExtractor
        In evaluation mode; none of its parameters requires a gradient.

    Raises
    ------
    minigen.data.DataFileError
        If the file is missing, damaged or another.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("digits", "test")
    >>> extractor = load_feature_extractor("digits")
    >>> classes = extractor(test.scaled()).numpy().argmax(axis=1)
    >>> bool((classes == test.labels).mean() > 0.95)
    True
    """
    from safetensors.numpy import load

    if dataset not in TRAINED:
        raise ValueError(
            f"load_feature_extractor: there is none for {dataset!r}, only for "
            f"{', '.join(TRAINED)}; train a FeatureExtractor of your own for other images"
        )
    trained = TRAINED[dataset]
    # A generator of its own: the weights that it draws are replaced, and no stream must notice.
    extractor = FeatureExtractor(
        trained.image_shape, trained.channels, trained.classes, generator=Generator(0)
    )
    extractor.load_state_dict(load(_read(trained.file)))
    return extractor.eval().requires_grad_(False)


def _read(file: PublishedFile) -> bytes:
    """Read the weights' file, which has to be the recorded one."""
    path = WEIGHTS / file.name
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise DataFileError(f"{path} can't be read: {error}; install minigen anew") from error
    difference = file.difference(contents)
    if difference is not None:
        raise DataFileError(f"{path} {difference}: it is damaged; install minigen anew")
    return contents


def extract_features(
    extractor: FeatureExtractor, images: Array, *, batch_size: int = BATCH_SIZE
) -> npt.NDArray[np.float64]:
    """Describe images by the last hidden layer of a classifier.

    Parameters
    ----------
    extractor : FeatureExtractor
        Such as `load_feature_extractor` gives.
    images : array, shape (N, C, H, W)
        In [0, 1], as models of this library make them; others are refused.

    Returns
    -------
    array of float64, shape (N, 64)
        On the host.

    Examples
    --------
    >>> import minigen.data
    >>> images = minigen.data.load("digits", "test").scaled()
    >>> extract_features(load_feature_extractor("digits"), images).shape
    (382, 64)
    """
    if not len(images):
        raise ValueError("extract_features: at least one image is expected, got none")
    parts = []
    with measuring(extractor):
        for batch, _ in minibatches(extractor, images, batch_size):
            _expect_unit_interval("extract_features", batch)
            parts.append(to_numpy(extractor.features(batch).array).astype(np.float64))
    return np.concatenate(parts)


def class_accuracy(
    extractor: FeatureExtractor, images: Array, labels: Array, *, batch_size: int = BATCH_SIZE
) -> float:
    """Return the share of images that a classifier gives the class asked for.

    Of what a conditional model makes it says how well the classes can be told, beside the accuracy
    on real images. It says nothing of variety: one good image of each class has 1.

    Parameters
    ----------
    extractor : FeatureExtractor
        Such as `load_feature_extractor` gives.
    images : array, shape (N, C, H, W)
        In [0, 1]; others are refused.
    labels : array of integers, shape (N,)
        The class asked for, of each image.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("digits", "test")
    >>> round(class_accuracy(load_feature_extractor("digits"), test.scaled(), test.labels), 2)
    0.96
    """
    wanted = to_numpy(array_of(labels))
    if wanted.shape != (len(images),) or not len(images):
        raise ValueError(
            "class_accuracy: a label for each of at least one image is expected, got "
            f"{len(images)} images and labels of shape {wanted.shape}"
        )
    right = 0
    with measuring(extractor):
        for batch, classes in minibatches(extractor, images, batch_size, wanted):
            _expect_unit_interval("class_accuracy", batch)
            named = to_numpy(extractor(batch).array).argmax(axis=1)
            right += int((named == to_numpy(classes)).sum())
    return right / len(images)


def _expect_unit_interval(metric: str, images: Array) -> None:
    """Refuse images that are not scaled to [0, 1], which the classifier has never seen."""
    low, high = images.min().item(), images.max().item()
    if not (low >= 0 and high <= 1):
        raise ValueError(
            f"{metric}: images in [0, 1] are expected, got {low:g} to {high:g}; images in "
            "[-1, 1] become such by (images + 1) / 2"
        )
