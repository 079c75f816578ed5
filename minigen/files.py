"""Files that appear under their name whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from typing import Final

PARTIAL_SUFFIX: Final = ".partial"
"""How the name of a file ends while it is being written."""


def write_atomically(path: str | os.PathLike[str], contents: bytes) -> None:
    """Write a file so that it is never seen half written, not even after a power cut.

    The bytes go to a temporary name in the same folder, from there to the disk (fsync), and only
    then does the file get its name; the folder, which holds the name, is synced last.

    Parameters
    ----------
    path : path
        The file; one that exists is replaced.
    contents : bytes
        What it holds afterwards.

    Raises
    ------
    FileNotFoundError
        If the folder is missing, whose name is said.
    OSError
        If it can't be written. A file that was there stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "greeting.txt", b"hello")
    ...     [(file.name, file.read_bytes()) for file in Path(folder).iterdir()]
    [('greeting.txt', b'hello')]
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, f"there is no such folder to write {target.name} into", str(target.parent)
        )
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    try:
        with partial.open("xb") as stream:
            stream.write(contents)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(target.parent)


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Bring a folder's names to the disk, where the system can open folders (Windows does not)."""
    flag = getattr(os, "O_DIRECTORY", None)
    if flag is None:
        return
    descriptor = os.open(folder, os.O_RDONLY | flag)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
