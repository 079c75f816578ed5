"""What was published: a data set's files, the proof that a file is one, and what can go wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


class DataError(Exception):
    """A data set's files are missing, damaged or out of reach: the base of this module's errors."""


class DataFileError(DataError):
    """A file is not what it should be: truncated, corrupt, or another file under its name."""


class MissingDataError(DataError):
    """The folder that the user named does not hold the data set's files."""


class DownloadError(DataError):
    """No mirror gave a file whole."""


class AmbiguousDataError(DataError):
    """What a file or folder holds can be read in more than one way; the message says how to say."""


class MixedSizesError(AmbiguousDataError):
    """Pictures differ in size, or are large, and it was not said which size they shall have."""


class EmptyPartError(DataError):
    """No picture falls into the part, training or test, that was asked for."""


class ChangedDataError(DataError):
    """Pictures are not those that a run was trained on."""


class NotImagesError(DataError):
    """A data set of points was asked for images."""


@dataclass(frozen=True)
class PublishedFile:
    """A file as it was published: its name, its size in bytes and its SHA-256 in hexadecimal.

    Examples
    --------
    >>> import hashlib
    >>> file = PublishedFile("ten.txt", 10, hashlib.sha256(b"ten digits").hexdigest())
    >>> file.difference(b"ten digits") is None
    True
    >>> file.difference(b"ten")
    'has 3 bytes instead of 10'
    """

    name: str
    size: int
    sha256: str

    def difference(self, contents: bytes) -> str | None:
        """Tell how `contents` differ from the published file; None where they do not."""
        if len(contents) != self.size:
            return f"has {len(contents):,} bytes instead of {self.size:,}"
        checksum = hashlib.sha256(contents).hexdigest()
        if checksum != self.sha256:
            return f"has the SHA-256 {checksum} instead of {self.sha256}"
        return None


@dataclass(frozen=True)
class Publication:
    """All files of a data set, the name of their folder, and the addresses they come from.

    `folder` holds the files inside ``MINIGEN_DATA`` and inside the cache; unpacked, if they are
    archives, which `packed` says. To a mirror's address a file's name is appended; mirrors are
    tried in their order.
    """

    name: str
    folder: str
    files: tuple[PublishedFile, ...]
    mirrors: tuple[str, ...]
    packed: bool = False

    @property
    def size(self) -> int:
        """The size of all files together, in bytes."""
        return sum(file.size for file in self.files)
