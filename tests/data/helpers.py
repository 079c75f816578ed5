"""A small data set in MNIST's format, and a network that exists only in the test."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from minigen.data.mnist import IdxSource
from minigen.data.publication import Publication, PublishedFile

TYPE_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
MIRRORS = ("https://first.example/data/", "https://second.example/data/")


def encode_idx(array: npt.NDArray[Any]) -> bytes:
    """Write an array as the IDX format's description says."""
    code = TYPE_CODES[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def small_files() -> dict[str, bytes]:
    """Return seven training and three test images of 4x5 pixels, compressed, by file name."""
    files = {}
    for prefix, count in (("train", 7), ("t10k", 3)):
        pixels = np.arange(count * 20, dtype=np.uint8).reshape(count, 4, 5)
        labels = (np.arange(count) % 2).astype(np.uint8)
        files[f"{prefix}-images-idx3-ubyte.gz"] = gzip.compress(encode_idx(pixels), mtime=0)
        files[f"{prefix}-labels-idx1-ubyte.gz"] = gzip.compress(encode_idx(labels), mtime=0)
    return files


def published(files: dict[str, bytes]) -> IdxSource:
    """Return the source whose published files are these."""
    listed = tuple(
        PublishedFile(name, len(contents), hashlib.sha256(contents).hexdigest())
        for name, contents in files.items()
    )
    return IdxSource(Publication("small", "small-set", listed, MIRRORS), classes=("even", "odd"))


def pack(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Return a compressed tar archive with these files and symbolic links."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, contents in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return stream.getvalue()


@dataclass
class Network:
    """Answers addresses with bytes or with an exception, and remembers who asked."""

    answers: dict[str, bytes | BaseException] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def serve(self, mirror: str, files: dict[str, bytes]) -> None:
        """Offer files at a mirror."""
        self.answers.update({mirror + name: contents for name, contents in files.items()})

    def fetch(self, address: str, stream: IO[bytes], _file: PublishedFile) -> None:
        """Stand in for `minigen.data.locations.fetch`."""
        self.asked.append(address)
        answer = self.answers.get(address, ConnectionError("no route to host"))
        if isinstance(answer, BaseException):
            stream.write(b"half of")
            raise answer
        stream.write(answer)
