"""MNIST, and Fashion-MNIST in the same format: 60,000 + 10,000 grey images of 28x28 pixels.

The format is IDX, read strictly. A file is a header and an array in C order, all numbers
big-endian: two zero bytes, a byte for the type of the elements, a byte for the number of
dimensions, each dimension's size in four bytes, then the elements, and nothing after them (LeCun,
Cortes and Burges, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Dataset
from minigen.data.locations import Availability, FolderPath, availability, read_files
from minigen.data.publication import DataFileError, Publication, PublishedFile

_PREFIXES: Final = {"train": "train", "test": "t10k"}
_IMAGES: Final = "{}-images-idx3-ubyte.gz"
_LABELS: Final = "{}-labels-idx1-ubyte.gz"

_ELEMENT_TYPES: Final[dict[int, np.dtype[Any]]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


@dataclass(frozen=True)
class IdxSource:
    """A data set published as MNIST is: images and labels in IDX files, for training and test."""

    publication: Publication
    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.publication.name

    def load(self, split: str, root: FolderPath | None = None) -> Dataset:
        """Read one split: see `minigen.data.load`."""
        contents = read_files(self.publication, root)
        names = [pattern.format(_PREFIXES[split]) for pattern in (_IMAGES, _LABELS)]
        images, labels = parse_labelled_images(*((name, contents[name]) for name in names))
        return Dataset(self.name, split, images, labels, self.classes)

    def availability(self, root: FolderPath | None = None) -> Availability:
        """Tell whether the files are at hand: see `minigen.data.available`."""
        return availability(self.publication, root)


def parse_idx(contents: bytes, name: str) -> npt.NDArray[Any]:
    """Read the array that the bytes of an IDX file, called `name` by error messages, hold.

    Its elements are of the file's type in the machine's byte order; an array of single bytes is
    read-only, for it shares the memory of `contents`. A wrong magic number or type, and fewer or
    more bytes than the header promises, are a `DataFileError`.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 0x08, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]), "example")
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    if len(contents) < 4:
        raise DataFileError(f"{name}: an IDX header has 4 bytes or more, got {len(contents)}")
    if contents[:2] != b"\x00\x00":
        raise DataFileError(
            f"{name}: an IDX file starts with two zero bytes, got {contents[:4].hex(' ')}"
        )
    type_code, dimensions = contents[2], contents[3]
    if type_code not in _ELEMENT_TYPES:
        known = ", ".join(f"0x{code:02x}" for code in _ELEMENT_TYPES)
        raise DataFileError(f"{name}: element type 0x{type_code:02x} is none of IDX's ({known})")
    header_size = 4 + 4 * dimensions
    if len(contents) < header_size:
        raise DataFileError(
            f"{name}: the header of {dimensions} dimensions has {header_size} bytes, "
            f"got {len(contents)}"
        )
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", contents[4:header_size])
    dtype = _ELEMENT_TYPES[type_code]
    size = header_size + math.prod(shape) * dtype.itemsize
    if len(contents) != size:
        raise DataFileError(
            f"{name}: an array of shape {shape} makes a file of {size:,} bytes, "
            f"got {len(contents):,}"
        )
    elements = np.frombuffer(contents, dtype, offset=header_size).reshape(shape)
    return elements.astype(dtype.newbyteorder("="), copy=False)


def decompress(contents: bytes, name: str) -> bytes:
    """Undo gzip's compression; bytes that are not one whole gzip file are a `DataFileError`."""
    try:
        return gzip.decompress(contents)
    except (EOFError, gzip.BadGzipFile, zlib.error) as reason:
        raise DataFileError(f"{name} is not a whole gzip file: {reason}") from reason


def parse_labelled_images(
    images: tuple[str, bytes], labels: tuple[str, bytes]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read grey images (N, 1, H, W) and labels (N,) from IDX files, given by name and contents.

    Files that hold something else, or another number of labels than of images, are a
    `DataFileError`.
    """
    pixels = _parse_bytes(*images, dimensions=3)
    classes = _parse_bytes(*labels, dimensions=1)
    if len(pixels) != len(classes):
        raise DataFileError(
            f"{images[0]} holds {len(pixels):,} images, but {labels[0]} {len(classes):,} labels"
        )
    return pixels[:, np.newaxis], classes.astype(np.int64)


def _parse_bytes(name: str, compressed: bytes, *, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read an array of bytes that must have so many dimensions."""
    array = parse_idx(decompress(compressed, name), name)
    if array.dtype != np.uint8 or array.ndim != dimensions:
        raise DataFileError(
            f"{name}: an array of uint8 with {dimensions} dimensions wanted, "
            f"got {array.dtype} of shape {array.shape}"
        )
    return array


def _published(
    name: str, folder: str, mirrors: tuple[str, ...], *proofs: tuple[int, str]
) -> Publication:
    """Return a publication in the four files' usual names, given the size and SHA-256 of each."""
    names = [
        pattern.format(prefix) for prefix in _PREFIXES.values() for pattern in (_IMAGES, _LABELS)
    ]
    files = tuple(PublishedFile(file, *proof) for file, proof in zip(names, proofs, strict=True))
    return Publication(name, folder, files, mirrors)


# LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
# Proceedings of the IEEE, 1998.
MNIST: Final = IdxSource(
    _published(
        "mnist",
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
    classes=tuple("0123456789"),
)

# Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
# algorithms", 2017; MIT licence.
FASHION_MNIST: Final = IdxSource(
    _published(
        "fashion_mnist",
        "fashion-mnist",
        (
            # The bucket answers plain HTTP only; the checksums stand in for the encryption.
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)
