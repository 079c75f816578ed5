"""Data sets that minigen draws: the numbers they are drawn from, and pictures kept in the cache.

Everybody gets the same ones. The numbers are made of the bits of NumPy's PCG64, whose stream never
changes (NEP 19), and pictures of these by operations that IEEE 754 rounds correctly.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from minigen.data import locations
from minigen.data.locations import Availability
from minigen.files import write_atomically

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath
    from minigen.data.publication import PublishedFile


def uniform(seed: Sequence[int], count: int, numbers: int) -> npt.NDArray[np.float64]:
    """Draw, for each of `count` examples, some numbers uniformly from [0, 1): (numbers, count).

    They are the upper 53 bits of each output of PCG64, taken example by example.
    """
    bits = np.random.PCG64(list(seed)).random_raw(numbers * count)
    return (bits >> 11).astype(np.float64).reshape(count, numbers).T * 2.0**-53


def variations(
    seed: Sequence[int], grid: Sequence[int], numbers: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Draw `uniform` numbers for each place of a grid, (numbers, *grid), and an order of them."""
    *shares, place = uniform(seed, math.prod(grid), numbers + 1)
    return np.stack(shares).reshape(numbers, *grid), np.argsort(place, kind="stable")


def between(low: float, high: float, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Map shares (N,) from 0 to 1 onto `low` to `high`, as a column (N, 1)."""
    return (low + (high - low) * share)[:, np.newaxis]


def rotation(half: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    r"""Return cosine and sine of angles, given the tangent t of half of each.

    .. math:: \cos\varphi = \frac{1 - t^2}{1 + t^2}, \qquad \sin\varphi = \frac{2t}{1 + t^2}

    A machine's own cosine may differ from another's in the last bit.
    """
    return (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)


class Kept:
    """The source of a data set that is drawn at its first use, and kept in the cache.

    Attributes
    ----------
    name : str
        Of the data set.
    folder : str
        Its folder in the cache: by default called as the data set.
    files : mapping of str to PublishedFile
        What holds the pictures of each part.
    """

    name: str
    files: Mapping[str, PublishedFile]

    @property
    def folder(self) -> str:
        """The folder in the cache."""
        return self.name

    def availability(self, _root: FolderPath | None = None) -> Availability:
        """Tell that the data set is at hand: see `minigen.data.available`."""
        folder = locations.cache_folder() / self.folder
        kept = all((folder / file.name).is_file() for file in self.files.values())
        note = "drawn by minigen, in the cache" if kept else "drawn by minigen at its first use"
        return Availability(self.name, True, folder, note)


def kept_pictures(
    folder: str,
    file: PublishedFile,
    shape: Sequence[int],
    draw: Callable[[], npt.NDArray[np.uint8]],
) -> npt.NDArray[np.uint8]:
    """Return pictures from the cache if they are there, whole; else draw them, and keep them there.

    Where nothing can be read or written they are drawn each time. Other pictures than `file` says
    are a warning, and not kept.

    Parameters
    ----------
    folder : str
        Of the data set, inside the cache.
    file : PublishedFile
        What holds the pictures, byte after byte, once they were drawn.
    shape : sequence of int
        (N, C, H, W), or of whatever a file holds beside pictures.
    draw : callable
        Returns the pictures.
    """
    path = locations.cache_folder() / folder / file.name
    with contextlib.suppress(OSError):  # it is not there, or can't be read
        contents = path.read_bytes()
        if file.difference(contents) is None:
            return np.frombuffer(contents, np.uint8).reshape(shape)
    images = draw()
    difference = file.difference(images.tobytes())
    if difference is None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, images.tobytes())
    else:
        warnings.warn(
            f"{folder}: what this machine has drawn {difference}: these are not the pictures that "
            "others have",
            stacklevel=2,
        )
    return images
