"""Where the files of a data set are found.

The folder that the user names, with ``root=`` or in the environment variable ``MINIGEN_DATA``, is
an explicit wish: what it lacks is an error, and nothing is downloaded instead. Where no folder is
named, files come from the cache, and what the cache lacks is downloaded into it. Either way a file
is used only when it is, byte for byte, the one that was published.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minigen.data import downloads
from minigen.data.errors import DataFileError, MissingDataError

if TYPE_CHECKING:
    from minigen.data.publication import Publication, PublishedFile

FolderPath = str | os.PathLike[str]

ENVIRONMENT_VARIABLE: Final = "MINIGEN_DATA"


@dataclass(frozen=True)
class Availability:
    """Whether and where a data set is at hand.

    Parameters
    ----------
    name : str
        The data set's name.
    found : bool
        Whether `minigen.data.load` finds it without a download.
    folder : Path
        The folder its files are in, or in which they are looked for; minigen's own where it needs
        none.
    note : str
        The same in words, with what is missing.
    """

    name: str
    found: bool
    folder: Path
    note: str


@dataclass(frozen=True)
class UserFolder:
    """A folder of data sets that the user named, how it was named, and how to take that back."""

    path: Path
    named_by: str
    taken_back_by: str


def user_folder(root: FolderPath | None) -> UserFolder | None:
    """Return the folder that `root` or else ``MINIGEN_DATA`` names; None where neither does."""
    if root is not None:
        return UserFolder(Path(root).expanduser(), "root", "leave out root")
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return UserFolder(
            Path(named).expanduser(), ENVIRONMENT_VARIABLE, f"unset {ENVIRONMENT_VARIABLE}"
        )
    return None


def read_files(publication: Publication, root: FolderPath | None = None) -> dict[str, bytes]:
    """Return the contents of a data set's files by name, downloaded if need be and if allowed.

    Parameters
    ----------
    publication : Publication
        The files wanted.
    root : path, optional
        A folder of data sets, used instead of ``MINIGEN_DATA`` and of the cache.

    Raises
    ------
    MissingDataError
        If the user named a folder, and it lacks some of the files.
    DataFileError
        If a file in that folder is not the published one.
    DownloadError
        If a file has to be downloaded, and no mirror gave it whole.
    """
    folder = user_folder(root)
    if folder is None:
        return {file.name: _read_cached(publication, file) for file in publication.files}
    paths = {file: folder.path / publication.folder / file.name for file in publication.files}
    missing = [path for path in paths.values() if not path.is_file()]
    if missing:
        raise MissingDataError(
            f"{publication.name}: not all of its files are in the folder that {folder.named_by} "
            f"names. Missing are:\n"
            + "".join(f"  {path}\n" for path in missing)
            + f"Add them, or {folder.taken_back_by} to have the data set downloaded."
        )
    return {file.name: _read_users(path, file, folder) for file, path in paths.items()}


def availability(publication: Publication, root: FolderPath | None = None) -> Availability:
    """Tell whether and where a data set's files are, judged by their sizes, without a download."""
    named = user_folder(root)
    base = downloads.cache_folder() if named is None else named.path
    folder = base / publication.folder
    lacking = [file.name for file in publication.files if not _has_size(folder, file)]
    where = "the cache" if named is None else f"the folder that {named.named_by} names"
    if not lacking:
        note = f"in {where}"
    elif named is None:
        note = publication.note_when_not_cached
    else:
        note = f"missing in {where}, or of a wrong size: {', '.join(lacking)}"
    return Availability(publication.name, not lacking, folder, note)


def _read_users(path: Path, file: PublishedFile, folder: UserFolder) -> bytes:
    """Read a file of the user's own, which is refused but never touched if it is wrong."""
    contents = path.read_bytes()
    difference = file.difference(contents)
    if difference is not None:
        raise DataFileError(
            f"{path} {difference}: it is truncated, damaged or another file. Put the published "
            f"file in its place, or {folder.taken_back_by} to have the data set downloaded."
        )
    return contents


def _read_cached(publication: Publication, file: PublishedFile) -> bytes:
    """Read a file of the cache; download it if it is not there or not whole."""
    path = downloads.cache_folder() / publication.folder / file.name
    if path.is_file():
        contents = path.read_bytes()
        difference = file.difference(contents)
        if difference is None:
            return contents
        path.unlink(missing_ok=True)
        warnings.warn(f"{path} {difference}: it was removed and is downloaded again", stacklevel=2)
    return downloads.download(publication, file)


def _has_size(folder: Path, file: PublishedFile) -> bool:
    """Tell whether the folder holds a file of that name and size."""
    path = folder / file.name
    return path.is_file() and path.stat().st_size == file.size
