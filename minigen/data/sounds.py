"""Sounds of one length and rate: sets of them, and folders of one's own WAV files.

A folder's sounds are divided as pictures are: by a hash of their names, unless it holds folders
named ``train`` and ``test``. Sub-folders are the classes.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.collection import Collection, bad_files, place
from minigen.data.dataset import check_range, read_only
from minigen.data.pictures import SUFFIXES as PICTURES
from minigen.data.publication import (
    AmbiguousDataError,
    DataFileError,
    EmptyPartError,
    MissingDataError,
)
from minigen.data.reading import read
from minigen.data.waves import SUFFIX, read_wave

if TYPE_CHECKING:
    from minigen.data.own import OwnData

RATE: Final = 8000
"""How many samples a second has, in Hz, where nothing else is said."""

LENGTH: Final = 1024
"""How many samples a sound has, where nothing else is said."""

FULL_SCALE: Final = 32767
"""The integer that stands for 1."""

_PARTS: Final = ("train", "test")
_KEPT: Final = 2  # sets of one's own that stay in memory

Integers = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False, repr=False)
class Sounds:
    """One part of a set of sounds, labelled or not. Arrays are read-only.

    Parameters
    ----------
    name : str
        What the set is called.
    split : str
        ``"train"`` or ``"test"``.
    samples : array of int16, shape (N, L)
        The sounds, L samples of each.
    rate : int
        How many samples a second has, in Hz.
    labels : array of int64, shape (N,), optional
        For each sound, its class: an index into `classes`.
    classes : tuple of str
        The classes' names.
    files : tuple of str
        What each sound is called, if they have names: files relative to their folder.

    Raises
    ------
    ValueError
        If shapes, lengths or values contradict one another.

    Examples
    --------
    >>> import numpy as np
    >>> silence = Sounds("silence", "train", np.zeros((5, 1024), np.int16), 8000)
    >>> silence
    Sounds('silence', 'train', 5 sounds of 1024 samples at 8000 Hz, no classes)
    >>> silence.scaled().shape
    (5, 1, 1024)
    """

    name: str
    split: str
    samples: Integers
    rate: int
    labels: npt.NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default=(), kw_only=True)

    kind: ClassVar[str] = "sound"
    """The kind of data, as `Images.kind`."""

    def __post_init__(self) -> None:
        if self.samples.dtype != np.int16 or self.samples.ndim != 2 or not self.samples.shape[1]:
            raise ValueError(
                f"{self._title}: samples of int16 and shape (N, L) wanted, got "
                f"{self.samples.dtype} and {self.samples.shape}"
            )
        if self.rate < 1:
            raise ValueError(f"{self._title}: a positive rate wanted, got {self.rate}")
        object.__setattr__(self, "samples", read_only(self.samples))
        if self.labels is not None:
            if self.labels.dtype != np.int64 or self.labels.shape != self.samples.shape[:1]:
                raise ValueError(
                    f"{self._title}: labels of int64 and shape ({len(self.samples)},) wanted, got "
                    f"{self.labels.dtype} and {self.labels.shape}"
                )
            check_range(f"{self._title}: labels", self.labels, len(self.classes) - 1)
            object.__setattr__(self, "labels", read_only(self.labels))

    @property
    def _title(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def scaled(self, range: tuple[float, float] = (-1.0, 1.0)) -> npt.NDArray[np.float32]:
        """Return the sounds as float32 (N, 1, L), full scale at the ends of `range`."""
        low, high = range
        middle, half = np.float32((low + high) / 2), np.float32((high - low) / 2 / FULL_SCALE)
        scaled: npt.NDArray[np.float32] = self.samples[:, np.newaxis] * half + middle
        return scaled

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        classes = f"{len(self.classes)} classes" if self.labels is not None else "no classes"
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} sounds of "
            f"{self.samples.shape[1]} samples at {self.rate} Hz, {classes})"
        )


def as_integers(samples: npt.ArrayLike) -> Integers:
    """Return sounds in [-1, 1] as integers of 16 bits; what lies outside is cut off.

    Examples
    --------
    >>> as_integers([0.0, 1.0, -2.0])
    array([     0,  32767, -32767], dtype=int16)
    """
    values = np.clip(np.asarray(samples, np.float64), -1, 1)
    return np.rint(values * FULL_SCALE).astype(np.int16)


# ------------------------------------------------------------------------------------- of one's own


@dataclass(frozen=True, eq=False)
class SoundCollection:
    """All WAV files of a folder, read, before they are divided into two parts.

    Its fields are those of `minigen.data.collection.Collection`, but for `images`, shape (N, L),
    which are sounds, their `rate`, and `lengths`: the seconds of the shortest and the longest file.
    """

    name: str
    images: Integers
    rate: int
    names: tuple[str, ...]
    labels: npt.NDArray[np.int64] | None
    classes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]
    digest: str
    tests: int | None
    lengths: tuple[float, float]

    kind: ClassVar[str] = "sound"

    def count_tests(self, test_share: float = 0.1) -> int:
        """Return how many sounds fall into the test part."""
        if self.tests is not None:
            return self.tests
        return bisect.bisect_left(self.names, test_share, key=place)

    def part(self, split: str, test_share: float = 0.1) -> Sounds:
        """Return the training part or the test part; an empty one is an `EmptyPartError`."""
        if split not in _PARTS:
            raise ValueError(f"split: train or test is expected, got {split!r}")
        cut = self.count_tests(test_share)
        chosen = slice(cut) if split == "test" else slice(cut, None)
        if not len(self.images[chosen]):
            raise EmptyPartError(
                f"{self.name}: of {len(self.images):,} sounds none falls into the {split} part, by "
                f"a hash of names and with a test share of {test_share:g}: add sounds, or give "
                "another test_share (--test-share)"
            )
        return Sounds(
            self.name,
            split,
            self.images[chosen],
            self.rate,
            None if self.labels is None else self.labels[chosen],
            self.classes,
            files=self.names[chosen],
        )


def read_pictures_or_sounds(
    own: OwnData, *, progress: bool = True, fresh: bool = False
) -> Collection | SoundCollection:
    """Read what a path holds: WAV files, or whatever `minigen.data.reading.read` reads.

    A folder holds sounds if there are WAV files in it and no pictures, or if a rate or a length is
    given. Of longer files the beginning is taken, shorter ones are followed by silence.

    Raises
    ------
    MissingDataError
        If a rate or a length is given, and there is no WAV file.
    AmbiguousDataError
        If sounds lie beside folders of sounds.
    DataFileError
        If files can't be read, and are not to be left out; each is named with the reason.
    """
    files = _visible_files(own.located)
    waves = [file for file in files if file.suffix.lower() == SUFFIX]
    asked = own.rate is not None or own.length is not None
    if asked and not waves:
        raise MissingDataError(
            f"{own.located} holds no WAV files, whose rate or length could be chosen"
        )
    if not waves or (not asked and any(file.suffix.lower() in PICTURES for file in files)):
        return read(own, progress=progress, fresh=fresh)
    states = tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in waves)
    if fresh:
        _read.cache_clear()
    found = _read(own.name, own.located, states, own.rate or RATE, own.length or LENGTH)
    if not len(found.images) or (found.bad and own.bad == "refuse"):
        skip = '. bad="skip" (--bad skip) leaves them out' if len(found.images) else ""
        raise DataFileError(f"{own.located}: {bad_files(found)}{skip}")
    return found


def _visible_files(folder: Path) -> list[Path]:
    """Return all files below a folder in order, hidden ones left out; none if it is no folder."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]


@functools.lru_cache(_KEPT)
def _read(
    name: str, folder: Path, states: tuple[tuple[Path, int, int], ...], rate: int, length: int
) -> SoundCollection:
    inside = {file: file.relative_to(folder).parts for file, *_ in states}
    divided = {parts[0] for parts in inside.values()} == set(_PARTS)
    depth = 1 if divided else 0
    flat = [len(parts) == depth + 1 for parts in inside.values()]
    if any(flat) and not all(flat):
        raise AmbiguousDataError(
            f"{folder}: sounds lie beside folders of sounds: move them into a folder of their "
            "class, or all into one folder"
        )
    by_file = {"/".join(parts): file for file, parts in inside.items()}
    good, bad, seconds = {}, {}, []
    for each in sorted(by_file, key=lambda each: (divided and each[:4] != "test", place(each))):
        try:
            samples, _ = read_wave(by_file[each], rate)
        except (DataFileError, OSError) as error:
            bad[each] = str(error)
            continue
        seconds.append(len(samples) / rate)
        good[each] = as_integers(np.pad(samples[:length], (0, max(0, length - len(samples)))))
    sounds = np.stack(list(good.values())) if good else np.zeros((0, length), np.int16)
    classes = () if all(flat) else tuple(sorted({inside[by_file[each]][depth] for each in good}))
    labels = [classes.index(inside[by_file[each]][depth]) for each in good] if classes else None
    facts = f"{rate} {list(good)} {labels}".encode()
    return SoundCollection(
        name=name,
        images=sounds,
        rate=rate,
        names=tuple(good),
        labels=None if labels is None else np.array(labels, np.int64),
        classes=classes,
        bad=tuple(sorted(bad.items())),
        digest=hashlib.sha256(facts + sounds.tobytes()).hexdigest(),
        tests=sum(each.startswith("test/") for each in good) if divided else None,
        lengths=(min(seconds, default=0.0), max(seconds, default=0.0)),
    )
