"""The IDX format, in which MNIST and its relatives are published, read strictly.

An IDX file is a header and an array in C order, all numbers big-endian: two zero bytes, a byte for
the type of the elements, a byte for the number of dimensions, each dimension's size in four bytes,
then the elements, and nothing after them (LeCun, Cortes and Burges, "The MNIST database of
handwritten digits").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.errors import DataFileError

_ELEMENT_TYPES: Final[dict[int, np.dtype[Any]]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
# NumPy's limit; published files have one to four dimensions.
_MOST_DIMENSIONS: Final = 64


def parse_idx(contents: bytes, name: str) -> npt.NDArray[Any]:
    """Read the array that the bytes of an IDX file hold.

    Parameters
    ----------
    contents : bytes
        The whole file, uncompressed.
    name : str
        What error messages call the file.

    Returns
    -------
    array
        In the file's shape, with elements of the file's type in the machine's byte order.
        Arrays of single bytes are read-only: they share the memory of `contents`.

    Raises
    ------
    DataFileError
        If the magic number, the element type or the dimensions are wrong, or if there are fewer or
        more bytes than the header promises.

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
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise DataFileError(
            f"{name}: 1 to {_MOST_DIMENSIONS} dimensions wanted, the header says {dimensions}"
        )
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
    """Undo gzip's compression.

    Raises
    ------
    DataFileError
        If the bytes are not one whole gzip file.

    Examples
    --------
    >>> import gzip
    >>> decompress(gzip.compress(b"ten digits"), "example")
    b'ten digits'
    """
    try:
        return gzip.decompress(contents)
    except (EOFError, gzip.BadGzipFile, zlib.error) as reason:
        raise DataFileError(f"{name} is not a whole gzip file: {reason}") from reason


def parse_labelled_images(
    images: tuple[str, bytes], labels: tuple[str, bytes]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read grey images and their labels from a pair of compressed IDX files.

    Parameters
    ----------
    images, labels : pair of str and bytes
        Each file's name and its compressed contents.

    Returns
    -------
    images : array of uint8, shape (N, 1, H, W)
    labels : array of int64, shape (N,)

    Raises
    ------
    DataFileError
        If a file breaks the format, holds something else than images or labels of single bytes,
        or if the two differ in number.
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
