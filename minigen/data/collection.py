"""All pictures of a path, decoded, and how they are divided into a training and a test part."""

from __future__ import annotations

import bisect
import hashlib
import math
import unicodedata
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from minigen.data.captioned import CaptionedImages, encode_sentences, make_vocabulary
from minigen.data.clips import Clips
from minigen.data.dataset import Images
from minigen.data.defects import Defects
from minigen.data.pairs import Pairs
from minigen.data.publication import EmptyPartError
from minigen.data.styles import STYLES, TwoStyles, beside_each_other

_NAMED: Final = 5  # files that a message names
_PARTS: Final = {"train": "training", "test": "test"}


@dataclass(frozen=True)
class Collection:
    """All pictures of a path, decoded, before they are divided into two parts.

    Parameters
    ----------
    name : str
        What the set is called.
    images : array of uint8, shape (N, C, H, W)
        First those that fall into the test part first.
    names : tuple of str
        What each is called.
    labels : array of int64, shape (N,), optional
        Their classes, if there are any.
    classes : tuple of str
        The classes' names.
    bad : tuple of (str, str)
        The files that could not be read, each with the reason.
    sizes : mapping of (int, int) to int
        How many pictures had each size, (height, width), before they were fitted.
    digest : str
        The SHA-256 of all of this but for bad files and sizes.
    tests : int, optional
        How many of the first pictures the publisher put into the test part.
    paired : bool
        Whether each is two images, a given one and a wanted one, joined along their channels.
    frames : int, optional
        How many images each is that follow one another, joined likewise.
    defects, masked : bool
        Whether the first class is of good pictures, and the others of bad ones; and whether the
        last channel is white where there is a defect.
    captions : tuple of str
        The sentence of each, if they have such.
    """

    name: str
    images: npt.NDArray[np.uint8]
    names: tuple[str, ...]
    labels: npt.NDArray[np.int64] | None
    classes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]
    sizes: Mapping[tuple[int, int], int]
    digest: str
    tests: int | None = None
    paired: bool = False
    frames: int | None = None
    defects: bool = False
    masked: bool = False
    captions: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of data that its parts are."""
        if self.frames:
            return "clip"
        if self.classes == STYLES:
            return "styles"
        if self.captions:
            return "captioned image"
        return "pair" if self.paired else "image"

    @property
    def examples(self) -> npt.NDArray[np.uint8]:
        """The examples as their kind has them: without masks, and clips as (N, T, C, H, W)."""
        if self.masked:
            return self.images[:, :-1]
        if self.frames is None:
            return self.images
        count, channels, *size = self.images.shape
        return self.images.reshape(count, self.frames, channels // self.frames, *size)

    def part(self, split: str, test_share: float = 0.1) -> Images:
        """Return the training part or the test part.

        `test_share` says how large the test part is, about, unless the publisher has said it. A
        part without a picture is an `EmptyPartError`, a name that is neither part's a ValueError.
        """
        if split not in {"train", "test"}:
            raise ValueError(f"split: train or test is expected, got {split!r}")
        cut = self.count_tests(test_share)
        chosen = slice(cut) if split == "test" else slice(cut, None)
        if not len(self.images[chosen]):
            raise EmptyPartError(self._empty(split, test_share))
        if self.kind == "styles":
            return self._two_styles(split, chosen)
        if self.paired:
            inputs, targets = np.split(self.images[chosen], 2, axis=1)
            names = self.names[chosen]
            return Pairs(self.name, split, targets, inputs=inputs, files=names)
        if self.frames:
            return Clips(self.name, split, self.examples[chosen], files=self.names[chosen])
        if self.defects:
            return self._inspected(split, chosen)
        if self.captions:
            vocabulary = make_vocabulary(self.captions)
            sentences = encode_sentences(self.captions, vocabulary)
            return CaptionedImages(
                self.name,
                split,
                self.images[chosen],
                files=self.names[chosen],
                sentences=sentences[chosen],
                vocabulary=vocabulary,
            )
        return Images(
            name=self.name,
            split=split,
            images=self.images[chosen],
            labels=None if self.labels is None else self.labels[chosen],
            classes=self.classes,
            files=self.names[chosen],
        )

    def _two_styles(self, split: str, chosen: slice) -> TwoStyles:
        """Return the images of two classes called a and b, beside each other by chance alone."""
        assert self.labels is not None
        images, numbers = self.images[chosen], beside_each_other(self.labels[chosen])
        if not len(numbers[0]):
            only = STYLES[int(self.labels[chosen][0])]
            raise EmptyPartError(
                f"{self.name}: all pictures that fall into the {_PARTS[split]} part, by a hash of "
                f"names, are in {only}: images of two styles are expected in {' and '.join(STYLES)}"
            )
        first, second = (images[number] for number in numbers)
        return TwoStyles(self.name, split, second, inputs=first)

    def _inspected(self, split: str, chosen: slice) -> Defects:
        assert self.labels is not None, "good ones are a class"
        pixels = np.ascontiguousarray(self.examples[chosen])
        masks = self.images[chosen, -1:] > 0 if self.masked else None
        names, labels = self.names[chosen], self.labels[chosen]
        return Defects(self.name, split, pixels, labels, self.classes, files=names, masks=masks)

    def count_tests(self, test_share: float = 0.1) -> int:
        """Return how many pictures fall into the test part."""
        if self.tests is not None:
            return self.tests
        return bisect.bisect_left(self.names, test_share, key=place)

    def _empty(self, split: str, test_share: float) -> str:
        """Say that a part is empty, and which share of tests would put a picture there."""
        if len(self.names) < 2:
            advice = "two are the least"
        elif self.tests is not None:
            advice = "its folder holds none that can be read"
        elif split == "test":
            share = math.ceil(place(self.names[0]) * 1000 + 1e-9) / 1000
            advice = f"raise test_share (--test-share) to {share:g} or more, or add pictures"
        else:
            share = math.floor(place(self.names[-1]) * 1000) / 1000
            advice = f"lower test_share (--test-share) to {share:g} or less, or add pictures"
        return (
            f"{self.name}: of {_counted(len(self.names))} none falls into the {_PARTS[split]} "
            f"part, by a hash of names and with a test share of {test_share:g}: {advice}"
        )


def place(name: str) -> float:
    """Return where in [0, 1) a name lies: the first of its SHA-256, read as a fraction.

    It does not depend on the system: neither on separators nor on how accents are composed.

    Examples
    --------
    >>> round(place("cats/tom.png"), 4)
    0.8065
    """
    whole = unicodedata.normalize("NFC", name).encode("utf-8", "surrogatepass")
    # 53 bits, which a float holds exactly, so that it is never rounded up to 1.
    return (int.from_bytes(hashlib.sha256(whole).digest()[:8], "big") >> 11) / 2**53


class Read(Protocol):
    """What was read of a path, and what could not be."""

    @property
    def images(self) -> Sized:
        """What was read."""

    @property
    def bad(self) -> Sequence[tuple[str, str]]:
        """The files that could not be read, each with the reason."""

    @property
    def kind(self) -> str:
        """Of which kind of data it is."""


def bad_files(collection: Read) -> str:
    """Count and name the files that could not be read."""
    bad, whole = collection.bad, len(collection.bad) + len(collection.images)
    named = "; ".join(on_a_line(f"{name} {reason}") for name, reason in bad[:_NAMED])
    more = f"; and {len(bad) - _NAMED:,} more" if len(bad) > _NAMED else ""
    what = f"{whole:,} sounds" if collection.kind == "sound" else _counted(whole)
    return f"{len(bad):,} of {what} can't be read: {named}{more}"


def on_a_line(text: str) -> str:
    """Return a text with marks in place of what no line can show, such as breaks."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _counted(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"
