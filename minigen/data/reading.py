"""Pictures of one's own as a data set: decoded once, kept in the cache, divided for good.

The first time, every picture is decoded into one file of bytes, which is mapped into memory from
then on. The file is found again by a digest of what it was made from: each picture file's name,
size and times, and the options. If anything changes, so does the digest, and it is made anew.

A picture falls into the training part or the test part by a hash of its name, or, in an array, by a
hash of its pixels. Whatever is added later moves none of the others; equal pictures in an array are
never in both parts. Each part is in the order of the hash, so that its first pictures are a fair
sample.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data import locations
from minigen.data.arrays import arrange
from minigen.data.collection import Collection, bad_files
from minigen.data.dataset import Images
from minigen.data.decoding import decode_all, make_collection
from minigen.data.own import OwnData, Size
from minigen.data.publication import DataError, DataFileError
from minigen.data.sources import Pictures, Source, find_source, in_arrays
from minigen.files import PARTIAL_SUFFIX, sync_folder, write_atomically

_FORMAT: Final = 2  # of what is kept in the cache, and of how pictures are decoded
_KEPT: Final = 8  # decodings of one path; the oldest go

FolderPath = str | os.PathLike[str]


def from_folder(
    path: FolderPath,
    split: str = "train",
    *,
    size: Size | None = None,
    fit: str = "crop",
    channels: int | None = None,
    test_share: float = 0.1,
    bad: str = "refuse",
    background: str = "white",
    layout: str | None = None,
    frames: int | None = None,
    progress: bool = True,
    cache: FolderPath | None = None,
) -> Images:
    """Load one part of the pictures in a folder, or in a ``.npz`` or ``.npy`` file.

    PNG, JPEG, BMP, GIF, WebP and TIFF are read, whatever their depth, palette, transparency or EXIF
    orientation; of several frames the first. Sub-folders are the classes, with all that is below
    them; pictures that lie in the folder itself have none. Folders named ``train`` and ``test`` are
    the two parts, and their sub-folders the classes. Folders named ``input`` and ``target`` hold
    the two halves of `Pairs` under the same names. With a file ``captions.txt``, which has a line
    for each picture, its name, a tab and a sentence, they are `CaptionedImages`. Other files, and
    hidden ones, are left alone.

    If `frames` is given, the files are read as `Clips`: each animation (GIF, PNG, WebP, TIFF) that
    lies in the folder is one, and each sub-folder of pictures, which follow one another by the
    numbers in their names.

    Of a ``.npz`` file the array that can be pictures is taken, and one number or name a picture as
    labels: see `from_arrays`. A folder with MNIST's IDX files or CIFAR-10's binary files is known
    by what is in these, whatever it is called; their parts are as published.

    Pictures are decoded once: what comes of it is kept in the cache, and mapped into memory. Which
    part a picture falls into is decided by a hash of its name, relative to the folder: adding
    pictures moves none. Each part is in the order of that hash.

    Parameters
    ----------
    path : path
        The folder, or the file.
    split : {"train", "test"}
        Which part.
    size : int or pair of int, optional
        Height and width that all pictures get; one number for both. By default they stay as they
        are, if all have one size, and no side is over 256.
    fit : {"crop", "pad", "stretch"}
        How pictures of other proportions get there: the middle is cut out; all is kept, with
        borders; or all is kept, and distorted.
    channels : {1, 3}, optional
        1 for grey, 3 for colour; by default 1 if all pictures are grey.
    test_share : float in [0, 1], default 0.1
        Which share of the pictures, about, is the test part.
    bad : {"refuse", "skip"}
        Files that can't be read are named in an error, or in a warning and left out.
    background : str, default "white"
        The colour behind transparent pixels and of borders.
    layout : {"NHW", "NCHW", "NHWC"}, optional
        The order of an array's axes, where its shape does not tell.
    frames : int, optional
        How many frames clips have; of longer ones the first are taken, and shorter ones are bad.
    progress : bool, default True
        Whether to show a progress bar while pictures are decoded.
    cache : path, optional
        Where decoded pictures are kept; by default the user's cache folder.

    Returns
    -------
    Images
        uint8 in (N, C, H, W), or `Clips` in (N, T, C, H, W); `Images.files` are the files' names.

    Raises
    ------
    ValueError
        If an option is out of its range.
    MissingDataError
        If there is nothing, or no picture.
    DataFileError
        If files can't be read, and are not to be left out; each is named with the reason.
    AmbiguousDataError
        If pictures differ in size and no size is asked for; if pictures lie beside folders of
        pictures; if an array can be read in several ways.
    EmptyPartError
        If no picture falls into the part.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, colour in (("red", "#f00"), ("blue", "#00f")):
    ...         Path(folder, name).mkdir()
    ...         for side in range(10, 20):
    ...             Image.new("RGB", (side, 10), colour).save(f"{folder}/{name}/{side}.png")
    ...     options = {"size": 16, "cache": f"{folder}/.cache", "progress": False}
    ...     train = from_folder(folder, **options)
    ...     test = from_folder(folder, "test", **options)
    ...     train.classes, train.image_shape, len(train) + len(test)
    (('blue', 'red'), (3, 16, 16), 20)
    """
    own = OwnData(os.fspath(path), size, fit, channels, background, layout, test_share, bad, frames)
    collection = read(own, progress=progress, cache=cache)
    if collection.bad:
        warnings.warn(bad_files(collection), stacklevel=2)
    return collection.part(split, test_share)


def from_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    split: str = "train",
    *,
    classes: Sequence[str] | None = None,
    layout: str | None = None,
    size: Size | None = None,
    fit: str = "crop",
    channels: int | None = None,
    test_share: float = 0.1,
    background: str = "white",
    name: str = "arrays",
) -> Images:
    """Take one part of pictures that are arrays already.

    Which part a picture falls into is decided by a hash of its pixels: then neither the order nor
    what is added later matters, and equal pictures are never in both parts. Each part is in the
    order of that hash.

    Parameters
    ----------
    images : array, shape (N, H, W), (N, C, H, W) or (N, H, W, C)
        Bytes, truth values, or floating-point numbers in [0, 1]; C is 1 for grey, 3 for colour, 2
        and 4 for these with alpha.
    labels : array, shape (N,), optional
        Numbers or names of classes.
    split : {"train", "test"}
        Which part.
    classes : sequence of str, optional
        The classes' names, if labels number them; by default what occurs in `labels`.
    layout : {"NHW", "NCHW", "NHWC"}, optional
        The order of the axes, where the shape does not tell.
    size, fit, channels, test_share, background
        As for `from_folder`.
    name : str, default "arrays"
        What the set is called.

    Raises
    ------
    ValueError
        If shape, type or values are none that pictures have: NaN, for one.
    AmbiguousDataError
        If the shape fits two layouts.
    EmptyPartError
        If no picture falls into the part.

    Examples
    --------
    >>> import numpy as np
    >>> from minigen.data import from_arrays
    >>> pictures = np.random.default_rng(0).random((200, 28, 28, 3))
    >>> train, test = (from_arrays(pictures, split=split) for split in ("train", "test"))
    >>> train.image_shape, len(train) + len(test)
    ((3, 28, 28), 200)
    """
    own = OwnData(name, size, fit, channels, background, layout, test_share)
    pixels: list[npt.NDArray[np.uint8]] = []
    arrays = arrange(images, labels, classes, layout)
    facts = decode_all(in_arrays(arrays), own, pixels.append, progress=False)
    return make_collection(name, np.concatenate(pixels), facts).part(split, test_share)


def read(
    own: OwnData,
    *,
    progress: bool = True,
    cache: FolderPath | None = None,
    fresh: bool = False,
) -> Collection:
    """Read all pictures of a path, from the cache if nothing has changed since they were decoded.

    With `fresh` they are decoded anew, whatever is in the cache. The errors are those of
    `from_folder`; that a part is empty is found when it is asked for.
    """
    source = find_source(own, progress=progress)
    base = locations.cache_folder() if cache is None else Path(cache)
    path_digest = hashlib.sha256(os.fsencode(os.path.realpath(own.located))).hexdigest()[:16]
    folder = base / "own" / path_digest / _fingerprint(source, own)
    collection = None if fresh else _cached(own.name, folder)
    if collection is None:
        _decode_into(folder, source, own, progress)
        collection = _cached(own.name, folder)
    if collection is None:
        raise DataFileError(f"{folder}: what was just written there can't be read again")
    if not len(collection.images):
        raise DataFileError(f"{own.located}: {bad_files(collection)}")
    if collection.bad and own.bad == "refuse":
        raise DataFileError(
            f'{own.located}: {bad_files(collection)}. bad="skip" (--bad skip) leaves them out'
        )
    return collection


# ------------------------------------------------------------------------------------------- cache


def _fingerprint(source: Source, own: OwnData) -> str:
    """Digest all that decides what comes of decoding, without reading a picture."""
    files: list[list[str | int]] = []
    for file in source.files:
        try:
            state = file.stat()
        except OSError:  # a link to nothing: a bad file
            files.append([os.fspath(file)])
            continue
        files.append([os.fspath(file), state.st_size, state.st_mtime_ns, state.st_ctime_ns])
    text = json.dumps([_FORMAT, files, own.options()])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _decode_into(folder: Path, source: Source, own: OwnData, progress: bool) -> None:
    """Decode all pictures into a folder of the cache, which appears when it is whole."""
    found = source.read()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(PARTIAL_SUFFIX, folder.name, folder.parent) as partial:
            whole = Path(partial, folder.name)
            whole.mkdir()
            _write(whole, found, own, progress)
            shutil.rmtree(folder, ignore_errors=True)  # a damaged one, or one that is made anew
            _name(whole, folder)
        _tidy(folder.parent)
    except OSError as error:
        raise DataError(
            f"decoded pictures can't be kept in the cache: {error}; cache= says where else, or the "
            "environment variable XDG_CACHE_HOME"
        ) from error


def _write(folder: Path, found: Pictures, own: OwnData, progress: bool) -> None:
    """Decode pictures into a folder: one file with the pixels, one with what is known of them."""
    pixels = hashlib.sha256()
    with (folder / "images.bin").open("wb") as stream:

        def write(image: npt.NDArray[np.uint8]) -> None:
            stream.write(image.data)
            pixels.update(image.data)

        facts = decode_all(found, own, write, progress=progress)
        stream.flush()
        os.fsync(stream.fileno())
    facts["digest"] = _digest(facts, pixels.digest())
    write_atomically(folder / "index.json", json.dumps(facts).encode())


def _name(whole: Path, folder: Path) -> None:
    """Give what is written its name, unless another process was faster."""
    try:
        whole.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    sync_folder(folder.parent)


def _tidy(folder: Path) -> None:
    """Remove all decodings of a path but the newest."""
    kept = sorted(
        (each for each in folder.iterdir() if each.suffix != PARTIAL_SUFFIX),
        key=lambda each: each.stat().st_mtime_ns,
    )
    for old in kept[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _cached(name: str, folder: Path) -> Collection | None:
    """Map what is in the cache into memory; None if it is not there, or not whole."""
    try:
        facts = json.loads((folder / "index.json").read_bytes())
        shape = tuple(facts["shape"])
        if not shape[0]:
            return make_collection(name, np.zeros(shape, np.uint8), facts)
        images = np.memmap(folder / "images.bin", np.uint8, mode="r", shape=shape)
        return make_collection(name, images, facts)
    except (OSError, ValueError, KeyError):
        return None


def _digest(facts: Mapping[str, Any], pixels: bytes) -> str:
    """Digest pictures with their names, classes, parts and sentences: what a run is trained on."""
    names = ["shape", "names", "labels", "classes", "tests"]
    if facts.get("captions"):
        names.append("captions")
    text = json.dumps([[facts[name] for name in names], pixels.hex()])
    return hashlib.sha256(text.encode()).hexdigest()
