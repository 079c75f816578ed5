"""Images, labelled or not, and their pixel values as floating-point numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

ScalarT = TypeVar("ScalarT", bound=np.generic)


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """One part of a set of images, with labels or without: what pictures of one's own become.

    The arrays are read-only: every consumer may share them, and none can spoil them.

    Parameters
    ----------
    name : str
        What the set is called.
    split : str
        ``"train"`` or ``"test"``.
    images : array of uint8, shape (N, C, H, W)
        Pixel values from 0 to `maximum`.
    labels : array of int64, shape (N,), optional
        For each image, its class: an index into `classes`; None if images have no classes.
    classes : tuple of str
        The classes' names.
    maximum : int, default 255
        The pixel value that means full intensity.
    files : tuple of str
        What each image is called, if they have names: files relative to their folder.
    augmentation : mapping
        How a GAN's discriminator is shown the images unless it is told otherwise: options of
        `minigen.models.augmentation.Augmentation`. Empty if as they are.

    Raises
    ------
    ValueError
        If shapes, lengths or values contradict one another.

    Examples
    --------
    >>> import numpy as np
    >>> Images("black", "train", np.zeros((5, 1, 8, 8), np.uint8))
    Images('black', 'train', 5 images of shape (1, 8, 8), values 0 to 255, no classes)
    """

    name: str
    split: str
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    maximum: int = 255
    files: tuple[str, ...] = field(default=(), kw_only=True)
    augmentation: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    kind: ClassVar[str] = "image"
    """The kind of data, by which models, files and pictures go."""

    axes: ClassVar[tuple[str, ...]] = ("N", "C", "H", "W")
    """What the axes of `images` are."""

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8:
            raise ValueError(f"{self._title}: images of uint8 wanted, got {self.images.dtype}")
        if self.images.ndim != len(self.axes):
            raise ValueError(
                f"{self._title}: images of shape ({', '.join(self.axes)}) wanted, "
                f"got {self.images.shape}"
            )
        check_range(f"{self._title}: images", self.images, self.maximum)
        object.__setattr__(self, "images", read_only(self.images))
        if self.labels is not None:
            self._check_labels(self.labels)
            object.__setattr__(self, "labels", read_only(self.labels))

    def _check_labels(self, labels: npt.NDArray[np.int64]) -> None:
        if labels.dtype != np.int64:
            raise ValueError(
                f"{self._title}: images of uint8 and labels of int64 wanted, "
                f"got {self.images.dtype} and {labels.dtype}"
            )
        if labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"{self._title}: images of shape (N, C, H, W) and labels of shape (N,) wanted, "
                f"got {self.images.shape} and {labels.shape}"
            )
        check_range(f"{self._title}: labels", labels, len(self.classes) - 1)

    @property
    def _title(self) -> str:
        return f"Dataset {self.name!r}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The shape of one image: (channels, height, width)."""
        channels, height, width = self.images.shape[-3:]
        return channels, height, width

    def scaled(self, range: tuple[float, float] = (0.0, 1.0)) -> npt.NDArray[np.float32]:
        """Return the images as float32 in `range`: see `scale_images`."""
        return scale_images(self.images, maximum=self.maximum, range=range)

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        classes = f"{len(self.classes)} classes" if self.labels is not None else "no classes"
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} images of shape "
            f"{self.image_shape}, values 0 to {self.maximum}, {classes})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Images):
    """One split of a set of labelled images, held as its source published it.

    Parameters
    ----------
    name : str
        The name that `minigen.data.load` knows it by.
    split, images
        As of `Images`.
    labels : array of int64, shape (N,)
        For each image, its class: an index into `classes`.
    classes : tuple of str
        The classes' names.
    maximum : int, default 255
        The pixel value that means full intensity: 255 for bytes, 16 for `digits`.

    Raises
    ------
    ValueError
        If shapes, lengths or values contradict one another.

    Examples
    --------
    >>> import minigen.data
    >>> digits = minigen.data.load("digits", "train")
    >>> digits
    Dataset('digits', 'train', 1,415 images of shape (1, 8, 8), values 0 to 16, 10 classes)
    >>> digits.classes[digits.labels[3]]
    '3'
    >>> images = digits.scaled(range=(-1, 1))
    >>> images.dtype, float(images.min()), float(images.max())
    (dtype('float32'), -1.0, 1.0)
    """

    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]


def scale_images(
    images: npt.NDArray[np.uint8],
    *,
    maximum: int = 255,
    range: tuple[float, float] = (0.0, 1.0),
) -> npt.NDArray[np.float32]:
    r"""Map pixel values 0 ... `maximum` linearly onto `range`, as float32 of the same shape.

    A value :math:`v` becomes :math:`a + (b - a)\, v / \text{maximum}` for the range
    :math:`(a, b)`; the ends are met exactly.

    Parameters
    ----------
    images : array of uint8, any shape
        Pixel values as published. Another type is a TypeError: they may have been scaled already.
    maximum : int, default 255
        The pixel value that means full intensity: `Dataset.maximum`.
    range : pair of float, default (0, 1)
        What 0 and `maximum` become. A Bernoulli decoder wants (0, 1), a decoder or generator
        that ends in tanh wants (-1, 1).

    Examples
    --------
    >>> import numpy as np
    >>> scale_images(np.array([0, 51, 255], dtype=np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    >>> scale_images(np.array([0, 8, 16], dtype=np.uint8), maximum=16, range=(-1, 1))
    array([-1.,  0.,  1.], dtype=float32)
    """
    if images.dtype != np.uint8:
        raise TypeError(
            f"scale_images: uint8 pixel values wanted, got {images.dtype}; are they scaled already?"
        )
    low, high = range
    if not low < high:
        raise ValueError(f"scale_images: range (low, high) with low < high wanted, got {range}")
    check_range("scale_images: images", images, maximum)
    # There are few pixel values: each is scaled once, in float64, and looked up.
    fraction = np.arange(maximum + 1) / maximum
    table = ((1 - fraction) * low + fraction * high).astype(np.float32)
    return np.take(table, images)


def read_only(array: npt.NDArray[ScalarT]) -> npt.NDArray[ScalarT]:
    """Return a contiguous, read-only view of `array`, which itself stays as it was."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def check_range(what: str, values: npt.NDArray[np.integer[Any]], maximum: int) -> None:
    """Refuse integers outside 0 ... `maximum`."""
    if values.dtype == np.uint8 and maximum >= 255:
        return  # as any byte is: a file that is mapped into memory is not read for that
    if values.size and not (values.min() >= 0 and values.max() <= maximum):
        raise ValueError(
            f"{what}: values from 0 to {maximum} wanted, found {values.min()} to {values.max()}"
        )
