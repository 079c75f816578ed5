"""Files out of a tar archive, onto the disk, all of them or none."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from minigen.data.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Collection


def unpack(contents: bytes, name: str, members: Collection[str], folder: Path) -> None:
    """Write the named members of a tar archive, compressed with gzip, into a new folder.

    The folder appears under its name once all of them are on the disk. Nothing else of the archive
    is written, and no path, link or permission of it is followed: a member is copied, byte for
    byte, to a file that bears the last part of its name.

    Parameters
    ----------
    contents : bytes
        The whole archive.
    name : str
        What error messages call the archive.
    members : collection of str
        The names of the members wanted, each a regular file, with different last parts.
    folder : Path
        The folder to make. If another process has made it meanwhile, that one stays.

    Raises
    ------
    DataFileError
        If the archive is damaged or lacks a member.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}."))
    try:
        missing = set(members) - _write_members(contents, name, members, partial)
        if missing:
            raise DataFileError(f"{name}: the archive lacks {', '.join(sorted(missing))}")
        _rename(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_members(contents: bytes, name: str, members: Collection[str], folder: Path) -> set[str]:
    """Copy those of the members that are there into the folder; return their names."""
    written = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(contents), mode="r:gz") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.isreg() else None
                if source is None or member.name not in members:
                    continue
                with (folder / PurePosixPath(member.name).name).open("wb") as target:
                    shutil.copyfileobj(source, target)
                    target.flush()
                    os.fsync(target.fileno())
                written.add(member.name)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as reason:
        raise DataFileError(f"{name} is not a whole archive: {reason}") from reason
    return written


def _rename(partial: Path, folder: Path) -> None:
    """Give the finished folder its name, unless another process was faster."""
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
