"""Arrays of pictures: which axes they have, what their values mean, which labels go with them."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.own import LAYOUTS, OwnData
from minigen.data.pictures import Picture, PictureArray
from minigen.data.publication import AmbiguousDataError, DataFileError

ARRAY_SUFFIXES: Final = (".npz", ".npy")
"""How the names of files with arrays end."""

_CHANNELS: Final = (1, 2, 3, 4)  # grey, grey and alpha, colour, colour and alpha
_ROUNDING: Final = 1e-4
_IMAGE_NAMES: Final = ("images", "image", "imgs", "x", "data", "samples", "arr_0")
_LABEL_NAMES: Final = ("labels", "label", "y", "targets", "target", "arr_1")


@dataclass(frozen=True)
class Arrays:
    """Pictures as an array of bytes (N, H, W, C), and what goes with them.

    `labels` are numbers of `classes`; `parts` says of each picture ``"train"`` or ``"test"``, if
    the publisher did.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    parts: Sequence[str] | None = None

    def pictures(self) -> Iterator[Picture]:
        """Iterate over the pictures; each is called by the SHA-256 of its pixels."""
        for number, pixels in enumerate(self.images):
            yield PictureArray(
                name=hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest(),
                pixels=pixels,
                label=None if self.labels is None else int(self.labels[number]),
                part=None if self.parts is None else self.parts[number],
            )


def read_arrays(path: Path, own: OwnData) -> Arrays:
    """Read the pictures, and labels if there are any, of a ``.npy`` or ``.npz`` file.

    What can't be read is a `DataFileError`; what can be read in several ways an
    `AmbiguousDataError`.
    """
    found = _load(path)
    try:
        parts = _published_parts(found)
        if parts:
            return _joined([_arrays(*pair, own) for pair in parts.values()], list(parts))
        return _arrays(*_images_and_labels(found), own)
    except ValueError as error:
        raise DataFileError(f"{path}: {error}") from error
    except AmbiguousDataError as error:
        raise AmbiguousDataError(f"{path}: {error}") from error


def arrange(images: Any, labels: Any, classes: Sequence[str] | None, layout: str | None) -> Arrays:
    """Make sense of arrays of pictures and labels; what makes none is a ValueError."""
    pixels = in_bytes(channels_last(np.asarray(images), layout))
    if labels is None:
        return Arrays(pixels)
    numbers, names = number_classes(np.asarray(labels), len(pixels), classes)
    return Arrays(pixels, numbers, names)


def channels_last(images: npt.NDArray[Any], layout: str | None = None) -> npt.NDArray[Any]:
    """Return pictures as (N, H, W, C), told by their shape or by `layout`.

    Channels are 1 to 4: greys, colours, and either with alpha. A shape that leaves a choice is an
    `AmbiguousDataError`, one that fits no layout a ValueError.

    Examples
    --------
    >>> import numpy as np
    >>> channels_last(np.zeros((5, 3, 32, 48))).shape, channels_last(np.zeros((5, 28, 28))).shape
    ((5, 32, 48, 3), (5, 28, 28, 1))
    """
    found = _layouts(images.shape) if layout is None else [layout]
    if len(found) > 1:
        raise AmbiguousDataError(
            f"an array of shape {images.shape} may be {' or '.join(map(_spelt, found))}: say which "
            f"by layout={found[0]!r} (--layout {found[0]})"
        )
    if not found or len(found[0]) != images.ndim:
        wanted = " or ".join(map(_spelt, [layout] if layout else LAYOUTS))
        raise ValueError(
            f"pictures of shape {wanted} are expected, C from 1 to 4, got {images.shape}"
        )
    if 0 in images.shape:
        raise ValueError(f"there are no pictures in an array of shape {images.shape}")
    if found[0] == "NHW":
        return images[..., np.newaxis]
    arranged = images if found[0] == "NHWC" else np.moveaxis(images, 1, -1)
    if arranged.shape[-1] not in _CHANNELS:
        raise ValueError(f"1 to 4 channels are expected, got {arranged.shape[-1]}")
    return arranged


def _layouts(shape: tuple[int, ...]) -> list[str]:
    """Return the layouts that a shape allows."""
    if len(shape) == 3:  # one colour picture, or several narrow grey ones
        narrow = shape[2] in _CHANNELS and shape[1] > max(_CHANNELS)
        return ["NHW", "one picture (H, W, C)"] if narrow else ["NHW"]
    if len(shape) == 4:
        axes = {"NCHW": shape[1], "NHWC": shape[3]}
        return [layout for layout, channels in axes.items() if channels in _CHANNELS]
    return []


def _spelt(layout: str) -> str:
    return f"({', '.join(layout)})" if layout in LAYOUTS else layout


def in_bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return pixel values as bytes: bytes as they are, truth as 0 and 255, [0, 1] as 0 to 255.

    Other types, NaN, and values out of range are a ValueError.

    Examples
    --------
    >>> import numpy as np
    >>> in_bytes(np.array([0.0, 0.2, 1.0])), in_bytes(np.array([False, True]))
    (array([  0,  51, 255], dtype=uint8), array([  0, 255], dtype=uint8))
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise ValueError(
            "pixel values of uint8 or bool, or floating-point numbers in [0, 1], are expected, got "
            f"{values.dtype}"
        )
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        count = int((~np.isfinite(values)).sum())
        raise ValueError(
            f"{count:,} of {values.size:,} pixel values are NaN or infinite: replace them first"
        )
    if values.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise ValueError(
                f"integers from 0 to 255 are expected, found {low} to {high} ({values.dtype}): "
                "divide by the value that means white, to get [0, 1]"
            )
        return values.astype(np.uint8)
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"floating-point numbers in [0, 1] are expected, found {low:.7g} to {high:.7g}: "
            f"{_remedy(float(low), float(high))}"
        )
    scaled: npt.NDArray[np.uint8] = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return scaled


def _remedy(low: float, high: float) -> str:
    """Say how values get into [0, 1]."""
    if low >= -1 - _ROUNDING and high <= 1 + _ROUNDING:
        return "(x + 1) / 2 brings [-1, 1] there"
    if low >= 0 and high <= 255:
        return "of pixel values from 0 to 255 make bytes, by astype(np.uint8)"
    return "scale them first"


def number_classes(
    labels: npt.NDArray[Any], count: int, classes: Sequence[str] | None = None
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return labels as numbers of classes, and the classes' names.

    Labels are numbers or names, one a picture. With `classes`, they are numbers of these.

    Examples
    --------
    >>> import numpy as np
    >>> number_classes(np.array(["cat", "dog", "cat"]), 3)
    (array([0, 1, 0]), ('cat', 'dog'))
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,):
        remedy = "; of one-hot rows, labels.argmax(axis=1)" if labels.ndim == 2 else ""
        raise ValueError(f"labels of shape ({count},) are expected, got {labels.shape}{remedy}")
    whole = labels.dtype.kind == "f" and bool((labels == np.floor(labels)).all())
    if labels.dtype.kind not in "iubU" and not whole:
        raise ValueError(f"labels are whole numbers or names, got {labels.dtype}")
    if labels.dtype.kind == "f":
        labels = labels.astype(np.int64)
    if classes is None:
        names, numbers = np.unique(labels, return_inverse=True)
        return numbers.astype(np.int64), tuple(map(str, names.tolist()))
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(
            f"labels from 0 to {len(classes) - 1} are expected, as there are {len(classes)} classes"
        )
    return labels.astype(np.int64), tuple(map(str, classes))


# ---------------------------------------------------------------------- what is in a file of arrays


def _load(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return a file's arrays by name."""
    try:
        with path.open("rb") as stream:
            stored = np.load(stream, allow_pickle=False)
            if isinstance(stored, np.ndarray):
                return {path.stem: stored}
            with stored:
                return dict(stored)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        objects = "allow_pickle" in str(error)
        reason = "it is no such file, or holds Python objects" if objects else str(error)
        raise DataFileError(f"{path} can't be read as arrays: {reason}") from error


_Pair = tuple[npt.NDArray[Any], npt.NDArray[Any] | None]


def _arrays(images: npt.NDArray[Any], labels: npt.NDArray[Any] | None, own: OwnData) -> Arrays:
    return arrange(images, labels, None, own.layout)


def _joined(arrays: Sequence[Arrays], parts: Sequence[str]) -> Arrays:
    """Join the parts of a published set."""
    shapes = {each.images.shape[1:] for each in arrays}
    if len(shapes) > 1:
        raise ValueError(f"pictures of one shape are expected, got {sorted(shapes)}")
    images = np.concatenate([each.images for each in arrays])
    named = [part for part, each in zip(parts, arrays, strict=True) for _ in each.images]
    if any(each.labels is None for each in arrays):
        return Arrays(images, parts=named)
    labels = [np.array(each.classes)[each.labels] for each in arrays]
    joined = np.concatenate(labels)
    whole = all(name.lstrip("-").isdecimal() for name in joined.tolist())
    numbers, classes = number_classes(joined.astype(np.int64) if whole else joined, len(images))
    return Arrays(images, numbers, classes, named)


def _published_parts(found: Mapping[str, npt.NDArray[Any]]) -> dict[str, _Pair]:
    """Return images and labels of the training and the test part, if names tell them apart."""
    parts: dict[str, _Pair] = {}
    for part in ("train", "test"):
        named = {
            name.lower().replace(part, "").strip("_"): array
            for name, array in found.items()
            if part in name.lower()
        }
        images = [array for array in named.values() if array.ndim >= 3]
        if len(images) != 1:
            return {}
        parts[part] = (images[0], _labels_of(images[0], named))
    return parts


def _images_and_labels(found: Mapping[str, npt.NDArray[Any]]) -> _Pair:
    """Choose among the arrays of a file: by shape, and where that leaves a choice by name."""
    possible = {name: array for name, array in found.items() if array.ndim >= 3}
    if not possible:
        held = ", ".join(f"{name} {array.shape}" for name, array in found.items()) or "nothing"
        raise ValueError(
            f"pictures of shape (N, H, W), (N, C, H, W) or (N, H, W, C) are expected, found {held}"
        )
    images = _chosen(possible, _IMAGE_NAMES)
    if images is None:
        raise AmbiguousDataError(
            f"{', '.join(possible)} may all be pictures: call those that are meant 'images'"
        )
    return images, _labels_of(images, found)


def _labels_of(
    images: npt.NDArray[Any], found: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[Any] | None:
    """Choose the labels: by shape, else by name, so that a wrong shape is refused."""
    shapes = {(len(images),), (len(images), 1)}
    fitting = {name: array for name, array in found.items() if array.shape in shapes}
    chosen = _chosen(fitting, _LABEL_NAMES)
    if chosen is not None:
        return chosen
    return _named({name: found[name] for name in found if found[name] is not images}, _LABEL_NAMES)


def _chosen(found: Mapping[str, npt.NDArray[Any]], names: Sequence[str]) -> npt.NDArray[Any] | None:
    """Return the only array, or the first with one of these names."""
    return next(iter(found.values())) if len(found) == 1 else _named(found, names)


def _named(found: Mapping[str, npt.NDArray[Any]], names: Sequence[str]) -> npt.NDArray[Any] | None:
    """Return the first array with one of these names."""
    small = {name.lower(): array for name, array in found.items()}
    return next((small[name] for name in names if name in small), None)
