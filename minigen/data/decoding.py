"""Decoding a whole set: in which order, in which size, and what is known of it afterwards."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.collection import Collection, place
from minigen.data.own import OwnData, Size
from minigen.data.pictures import BadPictureError, Picture, reading
from minigen.data.publication import MixedSizesError
from minigen.data.sources import Pictures

_LARGEST_UNASKED: Final = 256  # pixels a side, where no size was asked for


def decode_all(
    found: Pictures,
    own: OwnData,
    write: Callable[[npt.NDArray[np.uint8]], object],
    *,
    progress: bool,
) -> dict[str, Any]:
    """Decode all pictures in their order, write each (1, C, H, W), and return what is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of metadata: what counts is bad or good
        return _decode_quietly(found, own, write, progress)


def _decode_quietly(
    found: Pictures, own: OwnData, write: Callable[[npt.NDArray[np.uint8]], object], progress: bool
) -> dict[str, Any]:
    ordered = _in_order(found)
    bad: dict[str, str] = {}
    as_published = own.size is None and own.channels is None
    own = _settled(own, ordered, bad, progress)
    sizes: Counter[tuple[int, int]] = Counter()
    good: list[Picture] = []
    for picture in _with_bar(ordered, f"decoding {own.name}", progress):
        if picture.name in bad:
            continue
        try:
            with reading():
                seen, pixels = picture.decode(own)
        except BadPictureError as error:
            bad[picture.name] = str(error)
            continue
        sizes[seen.size] += 1
        write(np.ascontiguousarray(pixels[np.newaxis]))
        good.append(picture)
    channels, size = own.channels or 1, own.size if isinstance(own.size, tuple) else (1, 1)
    return {
        "shape": [
            len(good),
            channels * (2 if found.paired else found.frames or 1) + found.masked,
            *size,
        ],
        "names": [picture.name for picture in good],
        "labels": [picture.label for picture in good] if found.classes else None,
        "classes": list(found.classes),
        "published": found.published if as_published else None,
        "paired": found.paired,
        "frames": found.frames,
        "defects": found.defects,
        "masked": found.masked,
        "captions": [picture.caption for picture in good] if found.captioned else None,
        "tests": _tests(good),
        "bad": sorted(bad.items()),
        "sizes": [[height, width, n] for (height, width), n in sizes.most_common()],
    }


def _in_order(found: Pictures) -> list[Picture]:
    """Put the test part first; in each part, go by the hash of names unless it was published."""
    if found.published and _tests(found.pictures) is not None:
        return sorted(found.pictures, key=lambda each: each.part != "test")
    return sorted(found.pictures, key=lambda each: (each.part != "test", place(each.name)))


def _tests(pictures: Sequence[Picture]) -> int | None:
    """Count the pictures of the publisher's test part; None if nothing is said of parts."""
    if not pictures or any(picture.part is None for picture in pictures):
        return None
    return sum(picture.part == "test" for picture in pictures)


def _settled(
    own: OwnData, pictures: Sequence[Picture], bad: dict[str, str], progress: bool
) -> OwnData:
    """Return `own` with the size and the channels that pictures have, where these are not said."""
    if own.size is not None and own.channels is not None:
        return own
    sizes: Counter[tuple[int, int]] = Counter()
    grey = True
    for picture in _with_bar(pictures, f"looking at {own.name}", progress):
        try:
            with reading():
                seen = picture.look()
        except BadPictureError as error:
            bad[picture.name] = str(error)
            continue
        sizes[seen.size] += 1
        grey = grey and seen.grey
    size = own.size if own.size is not None else _common_size(own, sizes)
    return dataclasses.replace(own, size=size, channels=own.channels or (1 if grey else 3))


def _common_size(own: OwnData, sizes: Counter[tuple[int, int]]) -> Size | None:
    """Return the one size that all pictures have, (height, width)."""
    if not sizes:
        return None
    largest = max(sizes, key=lambda size: size[0] * size[1])
    if len(sizes) == 1 and max(largest) <= _LARGEST_UNASKED:
        return largest
    smallest = min(sizes, key=lambda size: size[0] * size[1])
    seen = (
        f"have {len(sizes):,} sizes, from {_by(smallest)} to {_by(largest)}"
        if len(sizes) > 1
        else f"are {_by(largest)}"
    )
    raise MixedSizesError(
        f"{own.located}: pictures {seen} pixels (height x width): say which size they shall have, "
        "such as size=32 (--size 32)"
    )


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _with_bar(pictures: Sequence[Picture], title: str, progress: bool) -> Any:
    from tqdm import tqdm

    quiet = not progress or sys.stderr is None  # as without a console
    return tqdm(pictures, desc=title, unit="picture", disable=quiet)


def make_collection(
    name: str, images: npt.NDArray[np.uint8], facts: Mapping[str, Any]
) -> Collection:
    """Make a collection of decoded pictures and what is known of them."""
    labels = facts["labels"]
    return Collection(
        name=facts["published"] or name,
        images=images,
        names=tuple(facts["names"]),
        labels=None if labels is None else np.array(labels, np.int64),
        classes=tuple(facts["classes"]),
        bad=tuple((file, reason) for file, reason in facts["bad"]),
        sizes={(height, width): count for height, width, count in facts["sizes"]},
        digest=facts.get("digest", ""),
        tests=facts["tests"],
        paired=facts["paired"],
        frames=facts["frames"],
        defects=facts["defects"],
        masked=facts["masked"],
        captions=tuple(facts.get("captions") or ()),
    )
