"""CIFAR-10 in its binary version: colour images of 32x32 pixels in ten classes.

A. Krizhevsky, "Learning multiple layers of features from tiny images", technical report, University
of Toronto, 2009. Six files hold 10,000 images each, one record after another and nothing else: a
byte for the class, then 1,024 bytes of red, 1,024 of green and 1,024 of blue, each row by row.
"""

from __future__ import annotations

import math
import shutil
import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data import locations
from minigen.data.dataset import Dataset
from minigen.data.locations import Availability, FolderPath, UserFolder, user_folder
from minigen.data.publication import DataFileError, MissingDataError, Publication, PublishedFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CLASSES: Final = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
AUGMENTATION: Final[Mapping[str, Any]] = MappingProxyType(
    {"augment_shift": 4, "augment_colour": True, "augment_flip": True}
)
"""How a discriminator sees photographs: shifted, in another light, mirrored. It sees none twice
alike, and can't learn them by heart."""

_IMAGE_SHAPE: Final = (3, 32, 32)
RECORD_SIZE: Final = 1 + math.prod(_IMAGE_SHAPE)
_FOLDER: Final = "cifar-10-batches-bin"
_PATTERNS: Final = {"train": "data_batch_*.bin", "test": "test_batch.bin"}
_PUBLISHED: Final = (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin")


def parse_batch(contents: bytes, name: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Read the images (N, 3, 32, 32) and labels (N,) of one file, called `name` by error messages.

    The file is any number of records, but at least one. Both arrays are read-only: they share the
    memory of `contents`. Bytes that are not whole records, or a label that is none of the ten, are
    a `DataFileError`.

    Examples
    --------
    >>> images, labels = parse_batch(bytes([7]) + bytes(3072), "one black horse")
    >>> images.shape, CLASSES[labels[0]]
    ((1, 3, 32, 32), 'horse')
    """
    if not is_possible_size(len(contents)):
        raise DataFileError(
            f"{name}: one or more records of {RECORD_SIZE:,} bytes wanted, "
            f"got {len(contents):,} bytes"
        )
    records = np.frombuffer(contents, np.uint8).reshape(-1, RECORD_SIZE)
    labels, pixels = records[:, 0], records[:, 1:]
    wrong = np.flatnonzero(labels >= len(CLASSES))
    if wrong.size:
        raise DataFileError(
            f"{name}: labels from 0 to {len(CLASSES) - 1} wanted, "
            f"record {wrong[0]:,} has {labels[wrong[0]]}"
        )
    return pixels.reshape(-1, *_IMAGE_SHAPE), labels


@dataclass(frozen=True)
class Cifar10Source:
    """CIFAR-10 from the user's folder, or from the published archive unpacked in the cache.

    The user's folder is read as it is, with as many files ``data_batch_*.bin`` of as many records
    as are there, so that a part of the set, or one's own images in this format, can stand in for
    the whole. Only the archive is compared with the published one; it holds six files of `records`
    images each.
    """

    publication: Publication
    records: int

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.publication.name

    def load(self, split: str, root: FolderPath | None = None) -> Dataset:
        """Read one split: see `minigen.data.load`."""
        named = user_folder(root)
        paths = self._cached(split) if named is None else self._users(split, named)
        batches = [parse_batch(path.read_bytes(), str(path)) for path in paths]
        images = np.concatenate([images for images, _ in batches])
        labels = np.concatenate([labels for _, labels in batches])
        numbers = labels.astype(np.int64)
        return Dataset(self.name, split, images, numbers, CLASSES, augmentation=AUGMENTATION)

    def availability(self, root: FolderPath | None = None) -> Availability:
        """Tell whether the files are at hand: see `minigen.data.available`."""
        named = user_folder(root)
        if named is None:
            folder = self._folder_in(locations.cache_folder())
            lacking = [] if self._is_whole(folder) else list(_PUBLISHED)
        else:
            folder = self._folder_in(named.path)
            lacking = [_PATTERNS[split] for split in _PATTERNS if not _has_batches(folder, split)]
        return locations.availability_in(folder, named, lacking, self.publication)

    def _users(self, split: str, named: UserFolder) -> list[Path]:
        """Return the files of one split in the user's folder."""
        folder = self._folder_in(named.path)
        paths = _batches(folder, split)
        if not paths:
            raise MissingDataError(
                f"{self.name}: no {split} images are in the folder that {named.named_by} names. "
                f"Missing is:\n  {folder / _PATTERNS[split]}\n"
                f"Add it, or {named.taken_back_by} to have the data set downloaded."
            )
        return paths

    def _cached(self, split: str) -> list[Path]:
        """Return the files of one split in the cache, downloaded and unpacked if need be."""
        folder = self._folder_in(locations.cache_folder())
        if folder.exists() and not self._is_whole(folder):
            warnings.warn(
                f"{folder} lacks some of its files, or they have a wrong size: it was removed and "
                f"is downloaded again",
                stacklevel=2,
            )
            shutil.rmtree(folder)
        if not folder.exists():
            self._unpack_into(folder)
        return _batches(folder, split)

    def _unpack_into(self, folder: Path) -> None:
        """Make the folder from the verified archive, and then drop the archive."""
        (file,) = self.publication.files
        locations.read_files(self.publication)  # so that the archive is in the cache, and whole
        archive = folder.parent / file.name
        locations.unpack(archive, _PUBLISHED, folder)
        archive.unlink(missing_ok=True)

    def _folder_in(self, base: Path) -> Path:
        """Return the folder of the batches inside a folder of data sets."""
        return base / self.publication.folder / _FOLDER

    def _is_whole(self, folder: Path) -> bool:
        """Tell whether a folder holds what the archive holds, judged by the sizes."""
        size = self.records * RECORD_SIZE
        paths = [folder / name for name in _PUBLISHED]
        return all(path.is_file() and path.stat().st_size == size for path in paths)


def _batches(folder: Path, split: str) -> list[Path]:
    """Return the files of one split, in the order of their numbers."""
    paths = [path for path in folder.glob(_PATTERNS[split]) if path.is_file()]
    return sorted(paths, key=lambda path: (len(path.name), path.name))


def _has_batches(folder: Path, split: str) -> bool:
    """Tell whether a folder holds files of one split, all of them of a possible size."""
    sizes = [path.stat().st_size for path in _batches(folder, split)]
    return bool(sizes) and all(map(is_possible_size, sizes))


def is_possible_size(size: int) -> bool:
    """Tell whether a file of so many bytes can hold whole records, at least one."""
    return size > 0 and size % RECORD_SIZE == 0


CIFAR10: Final = Cifar10Source(
    Publication(
        name="cifar10",
        folder="cifar10",
        files=(
            # Its MD5, which the authors publish, is c32a1d4ab5d03f1284b67883e8d87530.
            PublishedFile(
                "cifar-10-binary.tar.gz",
                170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            ),
        ),
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        packed=True,
    ),
    records=10_000,
)
