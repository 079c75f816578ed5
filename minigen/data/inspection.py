"""A folder of good pictures to learn from, and of good and bad ones to test on, as MVTec's are.

=============================================  ====================================================
in the folder                                  what it is
=============================================  ====================================================
``train/good``                                 good pictures to learn from
``test/good``                                  other good ones
``test/KIND``                                  bad ones, a folder for each kind of defect
``ground_truth/KIND/NAME_mask.png``            of each bad one, white where it is bad; may be left
                                               out altogether
=============================================  ====================================================

References
----------
Bergmann, Fauser, Sattlegger, Steger (2019), "MVTec AD".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from minigen.data.defects import GOOD
from minigen.data.pictures import MaskedPicture, Picture, PictureFile
from minigen.data.publication import AmbiguousDataError, DataFileError, MissingDataError

MASKS: Final = "ground_truth"
"""The folder of masks."""

_SUFFIX: Final = "_mask"

Parts = tuple[str, ...]
"""The names of the folders that a file lies in, and its own."""


def are_defects(files: Collection[Parts]) -> bool:
    """Tell whether a folder is meant to hold good and bad pictures."""
    trained_on = {parts[1] for parts in files if parts[0] == "train" and len(parts) > 2}
    return any(parts[0] == MASKS for parts in files) or trained_on == {GOOD}


def with_defects(
    path: Path, inside: Mapping[Path, Parts]
) -> tuple[Sequence[Picture], tuple[str, ...]]:
    """Return pictures, each with its mask if there are any, and the classes, good ones first.

    Parameters
    ----------
    path : Path
        The folder.
    inside : mapping of Path to tuple of str
        The files in it, and where they lie.

    Raises
    ------
    MissingDataError
        If a folder is missing that there has to be.
    AmbiguousDataError
        If something else than good pictures is to be trained on, or lies in no folder of a kind.
    DataFileError
        If a mask has no picture.
    """
    _expect_folders(path, inside)
    kinds = {parts[1] for parts in inside.values() if parts[0] == "test"} - {GOOD}
    classes = (GOOD, *sorted(kinds))
    masks = _masks(path, inside)
    found: list[Picture] = []
    for file, (part, kind, name) in inside.items():
        if part not in {"train", "test"}:
            continue
        whole, label = f"{part}/{kind}/{name}", classes.index(kind)
        picture = PictureFile(name=whole, path=file, label=label, part=part)
        if masks is None:
            found.append(picture)
            continue
        mask = masks.get((kind, file.stem)) if part == "test" else None
        expected = None if kind == GOOD else f"{MASKS}/{kind}/{file.stem}{_SUFFIX}.png"
        masked = MaskedPicture(
            name=whole, label=label, part=part, picture=picture, mask=mask, expected=expected
        )
        found.append(masked)
    return found, classes


def _expect_folders(path: Path, inside: Mapping[Path, Parts]) -> None:
    """Refuse pictures where they should not be, and folders without any."""
    for file, parts in inside.items():
        if len(parts) != 3:
            raise AmbiguousDataError(
                f"{path}: {'/'.join(parts)} lies in no folder of a kind: train/{GOOD}, "
                f"test/{GOOD}, test/KIND and {MASKS}/KIND are expected, and pictures in them"
            )
        if parts[0] == "train" and parts[1] != GOOD:
            raise AmbiguousDataError(
                f"{path}: good pictures alone are trained on, and {file.parent} holds others: move "
                f"them into test/{parts[1]}"
            )
    there = {parts[:2] for parts in inside.values()}
    bad = {(part, kind) for part, kind in there if part == "test" and kind != GOOD}
    wanted = {f"train/{GOOD}": ("train", GOOD) in there, f"test/{GOOD}": ("test", GOOD) in there}
    for folder, found in {**wanted, "test/KIND": bool(bad)}.items():
        if not found:
            raise MissingDataError(
                f"{path}: there are no pictures in {folder}: of a set of good and bad ones, those "
                f"in train/{GOOD} are learnt from, those in test/{GOOD} and test/KIND told apart"
            )


def _masks(path: Path, inside: Mapping[Path, Parts]) -> dict[tuple[str, str], Picture] | None:
    """Return masks by the kind and the name of their pictures; None if there are no masks."""
    tested = {(parts[1], file.stem) for file, parts in inside.items() if parts[0] == "test"}
    masks: dict[tuple[str, str], Picture] = {}
    for file, (folder, kind, name) in inside.items():
        if folder != MASKS:
            continue
        key = kind, file.stem.removesuffix(_SUFFIX)
        if key not in tested:
            raise DataFileError(
                f"{path}: the mask {folder}/{kind}/{name} has no picture: test/{kind}/{key[1]}.png "
                "is expected, or one with another ending"
            )
        masks[key] = PictureFile(name=f"{folder}/{kind}/{name}", path=file)
    return masks or None
