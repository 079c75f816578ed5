"""What a path holds, before anything is decoded: pictures in folders, arrays, published files."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from minigen.data import pictures, recognition
from minigen.data.arrays import ARRAY_SUFFIXES, Arrays, read_arrays
from minigen.data.inspection import MASKS, are_defects, with_defects
from minigen.data.own import OwnData
from minigen.data.pictures import (
    CAPTIONS,
    PAIR,
    CaptionedPicture,
    Picture,
    PictureClip,
    PictureFile,
    PicturePair,
)
from minigen.data.publication import AmbiguousDataError, DataFileError, MissingDataError

_PARTS: Final = {"train": "train", "training": "train", "test": "test", "testing": "test"}
_VALIDATION: Final = {"val", "valid", "validation"}


@dataclass(frozen=True)
class Source:
    """The pictures of a path.

    Parameters
    ----------
    files : sequence of Path
        What they are read from: if no file changes, neither do they.
    read : callable
        Returns the pictures; what is read only then may be large.
    """

    files: Sequence[Path]
    read: Callable[[], Pictures]


@dataclass(frozen=True)
class Pictures:
    """Pictures that are still to be decoded, and what they have in common.

    Parameters
    ----------
    pictures : sequence of Picture
        In an order that means nothing, unless they are `published`.
    classes : tuple of str
        The classes' names; none if there are no classes.
    published : str, optional
        The published set that this is: its order and its parts stay as they are.
    paired : bool
        Whether each is two pictures: see `minigen.data.pictures.PicturePair`.
    frames : int, optional
        How many frames each has: see `minigen.data.pictures.PictureClip`.
    defects, masked : bool
        Whether the first class is of good pictures, which alone are trained on; and whether masks
        tell what is wrong with the others: see `minigen.data.pictures.MaskedPicture`.
    captioned : bool
        Whether each has a sentence: see `minigen.data.pictures.CaptionedPicture`.
    """

    pictures: Sequence[Picture]
    classes: tuple[str, ...] = ()
    published: str | None = None
    paired: bool = False
    frames: int | None = None
    defects: bool = False
    masked: bool = False
    captioned: bool = False


def find_source(own: OwnData, *, progress: bool = False) -> Source:
    """Tell what a path holds; if that takes long, count the files that were found.

    A path with nothing there, or with no pictures in it, is a `MissingDataError`; one that can be
    read in several ways an `AmbiguousDataError`.
    """
    path = own.located
    if path.is_file():
        return _array_file(path, own)
    if not path.is_dir():
        raise MissingDataError(f"{path}: there is no such file or folder")
    files = _all_files(path, own.name, progress)
    found = [file for file in files if file.suffix.lower() in pictures.SUFFIXES]
    if found and own.frames:
        return Source(found, partial(_clips, path, found, own.frames))
    captions = path / CAPTIONS
    if captions in files:
        return Source([*found, captions], partial(_with_captions, path, found))
    if found:
        return Source(found, partial(_from_folder, path, found))
    published = recognition.recognise(path, files)
    if published is not None:
        return Source(published.files, lambda: Pictures(*published.read()))
    raise MissingDataError(_nothing_in(path, files))


def in_arrays(arrays: Arrays) -> Pictures:
    """Return the pictures of arrays, each called by what is in it."""
    return Pictures(list(arrays.pictures()), arrays.classes)


def _array_file(path: Path, own: OwnData) -> Source:
    if own.frames:
        raise MissingDataError(
            f"{path} is a file: clips are a folder of animations, or of folders of pictures"
        )
    if path.suffix.lower() not in ARRAY_SUFFIXES:
        raise MissingDataError(
            f"{path} is a file: a folder of pictures is expected, a .npz or .npy file, or a .txt "
            "or .csv file of texts"
        )
    return Source([path], lambda: in_arrays(read_arrays(path, own)))


def _all_files(folder: Path, name: str, progress: bool) -> list[Path]:
    """Return all files below a folder, counted on the standard error stream after two seconds."""
    from tqdm import tqdm

    quiet = not progress or sys.stderr is None
    title = f"looking through {name}"
    return list(tqdm(_walk(folder, ()), title, unit=" files", delay=2, leave=False, disable=quiet))


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
    """Iterate over all files below a folder, in order, but for hidden ones.

    Links are followed, unless they lead back to a folder `above`.
    """
    here = os.path.realpath(folder)
    if here in above:
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__MACOSX")):
            continue
        if path.is_dir():
            yield from _walk(path, (*above, here))
        else:
            yield path


def _from_folder(path: Path, files: Sequence[Path]) -> Pictures:
    """Return a folder's pictures; sub-folders are classes, parts, halves of pairs, or masks."""
    inside = {file: file.relative_to(path).parts for file in files}
    folders = {parts[0] for parts in inside.values() if len(parts) > 1}
    if folders == set(PAIR) and all(len(parts) > 1 for parts in inside.values()):
        return _in_pairs(inside)
    if are_defects(inside.values()):
        return Pictures(*with_defects(path, inside), defects=True, masked=MASKS in folders)
    divided = _are_parts(folders)
    if divided:  # by the publisher; what is for validation is left alone
        inside = {file: parts for file, parts in inside.items() if parts[0].lower() in _PARTS}
    depth = 1 if divided else 0  # of the classes' folders
    _expect_one_depth(path, [parts[depth:] for parts in inside.values()])
    sorted_out = all(len(parts) > depth + 1 for parts in inside.values())
    classes = _in_order({parts[depth] for parts in inside.values()}) if sorted_out else ()
    number = {name: each for each, name in enumerate(classes)}
    found = [
        PictureFile(
            name="/".join(parts),
            path=file,
            label=number.get(parts[depth]),
            part=_PARTS[parts[0].lower()] if divided else None,
        )
        for file, parts in inside.items()
    ]
    return Pictures(found, classes)


def _clips(path: Path, files: Sequence[Path], frames: int) -> Pictures:
    """Return a folder's clips: animations, and sub-folders of frames; or its two parts of them."""
    inside = {file: file.relative_to(path).parts for file in files}
    divided = _are_parts({parts[0] for parts in inside.values() if len(parts) > 1})
    if divided:
        inside = {file: parts for file, parts in inside.items() if parts[0].lower() in _PARTS}
    found: dict[tuple[str, ...], list[Path]] = {}
    for file, parts in inside.items():
        alone = len(parts) == (2 if divided else 1)
        found.setdefault(parts if alone else parts[:-1], []).append(file)
    clips = [
        PictureClip(
            name="/".join(parts),
            frames=in_numbers(of_clip),
            length=frames,
            part=_PARTS[parts[0].lower()] if divided else None,
        )
        for parts, of_clip in found.items()
    ]
    return Pictures(clips, frames=frames)


def find_clips(path: Path) -> list[PictureClip]:
    """Return the clips of a path: an animation, a folder of frames, or a folder of both of these.

    In a folder each GIF and each sub-folder of pictures is a clip, or else all pictures are frames
    of one. Where there are both, that is an `AmbiguousDataError`; a folder with nothing of the kind
    is a `MissingDataError`.
    """
    if not path.is_dir():
        return [PictureClip(name=path.stem, frames=[path])]
    shown = [each for each in sorted(path.iterdir()) if not each.name.startswith(".")]
    inside = [each for each in shown if each.suffix.lower() in pictures.SUFFIXES]
    alone = [each for each in inside if each.suffix.lower() == ".gif"]
    frames = {each: _frames(each) for each in shown if each.is_dir()}
    clips = [PictureClip(name=each.stem, frames=[each]) for each in alone]
    clips += [PictureClip(name=each.name, frames=of) for each, of in frames.items() if of]
    others = [each for each in inside if each not in alone]
    if others and clips:
        raise AmbiguousDataError(
            f"{path} holds {_counted(len(others), 'picture')} ({_some(e.name for e in others)}) "
            f"beside clips ({_some(clip.name for clip in clips)}): move the pictures of a "
            "clip into a folder of their own"
        )
    if others:
        return [PictureClip(name=path.absolute().name, frames=in_numbers(others))]
    if not clips:
        raise MissingDataError(f"{path} holds neither GIFs nor pictures that could be frames")
    return clips


def _frames(folder: Path) -> list[Path]:
    """Return the pictures of a folder in the order of their numbers."""
    found = [each for each in folder.iterdir() if each.suffix.lower() in pictures.SUFFIXES]
    return in_numbers([each for each in found if not each.name.startswith(".")])


def in_numbers(files: Sequence[Path]) -> list[Path]:
    """Sort files by the numbers in their names, and where these are equal by letters.

    Examples
    --------
    >>> [path.name for path in in_numbers([Path("f10.png"), Path("f9.png")])]
    ['f9.png', 'f10.png']
    """

    def key(file: Path) -> tuple[list[int], str]:
        return [int(digits) for digits in re.findall("[0-9]+", file.name)], file.name

    return sorted(files, key=key)


def _in_pairs(inside: Mapping[Path, tuple[str, ...]]) -> Pictures:
    """Return pictures of the same name in two folders, as pairs of that name."""
    found: dict[str, dict[str, Picture]] = {}
    for file, (folder, *rest) in inside.items():
        name = "/".join(rest)
        found.setdefault(name, {})[folder] = PictureFile(name=name, path=file)
    pairs = [PicturePair(name=name, halves=halves) for name, halves in found.items()]
    return Pictures(pairs, paired=True)


def _with_captions(path: Path, files: Sequence[Path]) -> Pictures:
    """Return a folder's pictures with the sentences that `CAPTIONS` has for their names."""
    captions = _read_captions(path / CAPTIONS)
    names = {file.relative_to(path).as_posix(): file for file in files}
    names |= {name: path / name for name in captions if name not in names}
    found = [
        CaptionedPicture(name=name, path=file, caption=captions.get(name))
        for name, file in names.items()
    ]
    return Pictures(found, captioned=True)


def _read_captions(path: Path) -> dict[str, str]:
    """Return the sentence of each picture by its name; a line that is no such is refused."""
    captions: dict[str, str] = {}
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path}: a text in UTF-8 is expected: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, tab, sentence = line.partition("\t")
        if not tab:
            raise DataFileError(
                f"{path}, line {number}: a picture's name, a tab and its sentence are expected, "
                f"got {line!r}"
            )
        if captions.setdefault(name.strip(), sentence.strip()) != sentence.strip():
            raise DataFileError(f"{path}, line {number}: {name.strip()} has two sentences")
    return captions


def _are_parts(folders: set[str]) -> bool:
    """Tell whether folders are a training and a test part, and nothing but one for validation."""
    names = [name.lower() for name in folders if name.lower() not in _VALIDATION]
    return sorted(_PARTS.get(name, "") for name in names) == ["test", "train"]


def _expect_one_depth(path: Path, names: Sequence[tuple[str, ...]]) -> None:
    """Refuse pictures that lie beside folders of pictures: are there classes, or not?"""
    beside = [parts[0] for parts in names if len(parts) == 1]
    folders = sorted({parts[0] for parts in names if len(parts) > 1})
    if beside and folders:
        raise AmbiguousDataError(
            f"{path} holds {_counted(len(beside), 'picture')} ({_some(beside)}) beside folders of "
            f"pictures ({_some(folders)}): move pictures into a folder of their class, or all of "
            "them into one folder"
        )


def _in_order(names: set[str]) -> tuple[str, ...]:
    """Sort classes: numbers as numbers, other names by their letters."""
    if all(name.isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def _nothing_in(path: Path, files: Sequence[Path]) -> str:
    """Say what a folder without pictures does hold."""
    if not files:
        return f"{path} holds no files: a folder of pictures is expected"
    arrays = [file for file in files if file.suffix.lower() in ARRAY_SUFFIXES]
    if arrays:
        return f"{path} holds no pictures, but {_some(map(str, arrays))}: name the file itself"
    endings = Counter(file.suffix.lower() or "no ending" for file in files)
    found = ", ".join(f"{count} of {ending}" for ending, count in endings.most_common(3))
    return (
        f"{path} holds no pictures: files that end in {', '.join(pictures.SUFFIXES)} are looked "
        f"for, and there are {found}"
    )


def _some(names: Sequence[str] | Iterator[str]) -> str:
    """Name the first three."""
    first = list(names)
    return ", ".join(first[:3]) + (", ..." if len(first) > 3 else "")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
