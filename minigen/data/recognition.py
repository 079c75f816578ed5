"""Published files by what is in them, whatever they and their folder are called.

A folder may hold MNIST or another set in its format, IDX, compressed or not; or CIFAR-10 in its
binary version. MNIST's and Fashion-MNIST's images are known by their SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data import cifar10, mnist
from minigen.data.pictures import Picture, PictureArray
from minigen.data.publication import AmbiguousDataError, DataFileError

_IMAGES: Final = b"\x00\x00\x08\x03"  # how IDX files of bytes with three dimensions begin
_LABELS: Final = b"\x00\x00\x08\x01"
_GZIP: Final = b"\x1f\x8b"
_PICKLE: Final = b"\x80"

# The images' files, decompressed; the compressed ones are verified in `minigen.data.mnist`.
_KNOWN_SHA256: Final = {
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db": ("mnist", "train"),
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7": ("mnist", "test"),
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888": ("fashion_mnist", "train"),
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b": ("fashion_mnist", "test"),
}
_PUBLISHED: Final = {source.name: source for source in (mnist.MNIST, mnist.FASHION_MNIST)}

Found = tuple[Sequence[Picture], tuple[str, ...], str | None]
"""Pictures, their classes, and the name of the set if it is a published one."""


@dataclass(frozen=True)
class Published:
    """Files of a published format, and how to read them."""

    files: Sequence[Path]
    read: Callable[[], Found]


def recognise(folder: Path, files: Sequence[Path]) -> Published | None:
    """Tell which of the files in a folder are of a published format; None if none is."""
    batches = [file for file in files if _is_cifar(file)]
    beginnings = {file: _beginning(file) for file in files}
    images = _once([file for file, first in beginnings.items() if first == _IMAGES])
    labels = _once([file for file, first in beginnings.items() if first == _LABELS])
    if len(images) > 2 or (images and batches):
        named = ", ".join(str(file.relative_to(folder)) for file in [*images[:3], *batches[:1]])
        raise AmbiguousDataError(
            f"{folder} holds several published sets ({named}, ...): name the folder of one"
        )
    if batches:
        return Published(batches, partial(_read_cifar, batches))
    if images:
        return Published([*images, *labels], partial(_read_idx, images, labels))
    for file, first in beginnings.items():
        if first.startswith(_PICKLE) and file.name.startswith(("data_batch", "test_batch")):
            raise DataFileError(
                f"{folder} holds CIFAR-10 as Python objects, which are not read for safety: take "
                "the binary version (cifar-10-binary.tar.gz)"
            )
    return None


# ---------------------------------------------------------------------------------------------- IDX


def _beginning(file: Path) -> bytes:
    """Return the first four bytes of a file, decompressed if need be."""
    if not file.is_file():
        return b""
    with file.open("rb") as stream:
        first = stream.read(4)
    if not first.startswith(_GZIP):
        return first
    try:
        with gzip.open(file) as stream:
            return stream.read(4)
    except (OSError, EOFError, zlib.error):
        return b""


def _once(files: Sequence[Path]) -> list[Path]:
    """Leave out compressed files that are there in full, too."""
    return [file for file in files if file.suffix != ".gz" or file.with_suffix("") not in files]


def _read(file: Path) -> bytes:
    contents = file.read_bytes()
    return mnist.decompress(contents, str(file)) if contents.startswith(_GZIP) else contents


def _read_idx(images: Sequence[Path], labels: Sequence[Path]) -> Found:
    """Read images, each file with the labels of the same number that are called most alike."""
    name: str | None = None
    sets: list[tuple[Path, str | None, npt.NDArray[Any]]] = []
    for file in images:
        contents = _read(file)
        known, part = _KNOWN_SHA256.get(hashlib.sha256(contents).hexdigest(), (None, None))
        name = name or known
        sets.append((file, part, mnist.parse_idx(contents, str(file))))
    parts = _parts([(file, part, len(pixels)) for file, part, pixels in sets])
    of_labels = {file: mnist.parse_idx(_read(file), str(file)) for file in labels}
    matched = [_labels_of(file, len(pixels), of_labels) for file, _, pixels in sets]
    labelled = all(numbers is not None for numbers in matched)
    if name is not None and labelled:
        classes = _PUBLISHED[name].classes
    else:
        highest = max((int(each.max(initial=0)) for each in matched if each is not None), default=0)
        classes, name = tuple(map(str, range(highest + 1))) if labelled else (), None
    found = [
        picture
        for (file, _, pixels), part, numbers in zip(sets, parts, matched, strict=True)
        for picture in _pictures(file, pixels[..., np.newaxis], numbers if labelled else None, part)
    ]
    return found, classes, name


def _parts(files: Sequence[tuple[Path, str | None, int]]) -> list[str | None]:
    """Say which part each file is: by what it is known for, its name, or else its size."""
    if len(files) == 1:
        return [None]
    named = [known or _named_part(file) for file, known, _ in files]
    if set(named) == {"train", "test"}:
        return list(named)
    smaller = min(files, key=lambda file: file[2])
    return ["test" if file is smaller else "train" for file in files]


def _named_part(file: Path) -> str | None:
    name = file.name.lower()
    return "train" if "train" in name else "test" if "t10k" in name or "test" in name else None


def _labels_of(
    images: Path, count: int, labels: dict[Path, npt.NDArray[Any]]
) -> npt.NDArray[Any] | None:
    """Return the labels of images: as many, and of a name that begins most like theirs."""
    fitting = [file for file, numbers in labels.items() if len(numbers) == count]
    if not fitting:
        return None

    def alike(file: Path) -> int:
        pairs = zip(file.name, images.name, strict=False)
        return next((n for n, (a, b) in enumerate(pairs) if a != b), len(images.name))

    return labels[max(fitting, key=alike)]


# ----------------------------------------------------------------------------------------- CIFAR-10


def _is_cifar(file: Path) -> bool:
    """Tell whether a file holds records of CIFAR-10: as long, each with one of ten labels."""
    if file.suffix != ".bin" or not file.is_file():
        return False
    size = file.stat().st_size
    if not cifar10.is_possible_size(size):
        return False
    records = np.memmap(file, np.uint8, mode="r").reshape(-1, cifar10.RECORD_SIZE)
    return bool((records[:, 0] < len(cifar10.CLASSES)).all())


def _read_cifar(files: Sequence[Path]) -> Found:
    """Read the records of all files; those of a file that is called so are the test part."""
    tests = {file for file in files if "test" in file.name.lower()}
    divided = 0 < len(tests) < len(files)
    found: list[Picture] = []
    for file in sorted(files, key=lambda file: (len(file.name), str(file))):
        images, labels = cifar10.parse_batch(file.read_bytes(), str(file))
        part = ("test" if file in tests else "train") if divided else None
        found += _pictures(file, np.moveaxis(images, 1, -1), labels, part)
    return found, cifar10.CLASSES, cifar10.CIFAR10.name


def _pictures(
    file: Path, pixels: npt.NDArray[np.uint8], labels: npt.NDArray[Any] | None, part: str | None
) -> Iterator[Picture]:
    """Iterate over the pictures of an array (N, H, W, C), called by their file and number."""
    for number, each in enumerate(pixels):
        yield PictureArray(
            name=f"{file.name}/{number:06}",
            pixels=each,
            label=None if labels is None else int(labels[number]),
            part=part,
        )
