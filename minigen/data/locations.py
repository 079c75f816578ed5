"""Where the files of a data set are found, and how they come there.

The folder that the user names, with ``root=`` or in the environment variable ``MINIGEN_DATA``, is
an explicit wish: what it lacks is an error, and nothing is downloaded instead. Where no folder is
named, files come from the cache, and what the cache lacks is downloaded into it. Either way a file
is used only when it is, byte for byte, the one that was published.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
import warnings
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from minigen.data.publication import (
    DataFileError,
    DownloadError,
    MissingDataError,
    Publication,
    PublishedFile,
)

FolderPath = str | os.PathLike[str]

ENVIRONMENT_VARIABLE: Final = "MINIGEN_DATA"


@dataclass(frozen=True)
class Availability:
    """Whether and where a data set is at hand.

    Parameters
    ----------
    name : str
        Which data set.
    found : bool
        Whether `minigen.data.load` finds it without a download.
    folder : Path
        The folder its files are in, or are looked for in; minigen's own where it needs none.
    note : str
        The same in words, with what is missing.
    """

    name: str
    found: bool
    folder: Path
    note: str


class Drawn:
    """The source of a data set that minigen draws, so that it needs no file."""

    name: str

    def availability(self, _root: FolderPath | None = None) -> Availability:
        """Tell that the data set is at hand: see `minigen.data.available`."""
        return Availability(self.name, True, Path(__file__).parent, "drawn by minigen")


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


def cache_folder() -> Path:
    """Return the folder of the user's cache that holds what was downloaded."""
    import pooch

    return Path(pooch.os_cache("minigen"))


def read_files(publication: Publication, root: FolderPath | None = None) -> dict[str, bytes]:
    """Return the contents of a data set's files by name, downloaded if need be and if allowed.

    What can go wrong is what can with `minigen.data.load`.
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
    folder = (cache_folder() if named is None else named.path) / publication.folder
    lacking = [file.name for file in publication.files if not _has_size(folder, file)]
    return availability_in(folder, named, lacking, publication)


def availability_in(
    folder: Path, named: UserFolder | None, lacking: Collection[str], publication: Publication
) -> Availability:
    """Say what it means that some files are lacking, or none, in the user's folder or the cache."""
    where = "the cache" if named is None else f"the folder that {named.named_by} names"
    if not lacking:
        note = f"in {where}"
    elif named is None:
        megabytes = publication.size / 1e6
        note = f"not in the cache: downloaded at its first use ({megabytes:.1f} MB)"
    else:
        note = f"missing in {where}, or of a wrong size: {', '.join(lacking)}"
    return Availability(publication.name, not lacking, folder, note)


def download(publication: Publication, file: PublishedFile) -> bytes:
    """Fetch a file from the first mirror that gives it whole; return its contents.

    It appears in the cache under its name only after its checksum was verified. If no mirror gave
    it, a `DownloadError` names each address with its reason, and how to go on offline.
    """

    def fetch_whole(address: str, path: str, _pooch: None) -> None:
        """Fetch the file onto the disk; pooch gives it its name if this comes to an end."""
        with Path(path).open("wb") as stream:
            fetch(address, stream, file)
            _write_through(stream)
        difference = file.difference(Path(path).read_bytes())
        if difference is not None:
            raise DataFileError(f"what came {difference}")

    folder = cache_folder() / publication.folder
    retrieve = _quiet_pooch().retrieve
    failures = []
    for mirror in publication.mirrors:
        address = mirror + file.name
        try:
            whole = retrieve(address, file.sha256, file.name, folder, downloader=fetch_whole)
            return Path(whole).read_bytes()
        # Of these two kinds are a refused connection, a status such as 404, a full disk, a wrong
        # file: each is reported, and the next mirror may do better.
        except (OSError, DataFileError) as failure:
            failures.append(f"{address}: {type(failure).__name__}: {failure}")
    raise DownloadError(_failed(publication, file, failures))


def fetch(address: str, stream: IO[bytes], file: PublishedFile) -> None:
    """Write what a web address answers into `stream`, with a progress bar."""
    import pooch
    from tqdm import tqdm

    with tqdm(total=file.size, desc=file.name, unit="B", unit_scale=True) as progress:
        retrieve = pooch.HTTPDownloader(progressbar=progress, chunk_size=2**16)
        retrieve(address, stream, None)


def unpack(archive: Path, names: Collection[str], folder: Path) -> None:
    """Unpack files, by their names, from the folder of a tar archive that is named as `folder`.

    All of them or none, and nothing else: `folder` appears once they are on the disk. If another
    process has made it meanwhile, that one stays. An archive that is damaged, lacks a file or has
    a link in its place is a `DataFileError`.
    """
    members = [f"{folder.name}/{name}" for name in sorted(names)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.") as partial:
            _extract(archive, members, partial)
            Path(partial, folder.name).rename(folder)
    except OSError:
        # Unless another process was faster, which may even have dropped the archive.
        if not folder.is_dir():
            raise


def _extract(archive: Path, members: Collection[str], folder: str) -> None:
    """Unpack some members of an archive into a folder, onto the disk."""
    try:
        _quiet_pooch().Untar(members, extract_dir=folder)(str(archive), "download", None)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as reason:
        raise DataFileError(f"{archive.name} is not a whole archive: {reason}") from reason
    paths = {member: Path(folder, member) for member in members}
    missing = [m for m, path in paths.items() if path.is_symlink() or not path.is_file()]
    if missing:
        raise DataFileError(f"{archive.name}: the archive lacks {', '.join(missing)}")
    for path in paths.values():
        with path.open("r+b") as stream:
            _write_through(stream)


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
    path = cache_folder() / publication.folder / file.name
    if path.is_file():
        contents = path.read_bytes()
        difference = file.difference(contents)
        if difference is None:
            return contents
        path.unlink(missing_ok=True)
        warnings.warn(f"{path} {difference}: it was removed and is downloaded again", stacklevel=2)
    return download(publication, file)


def _has_size(folder: Path, file: PublishedFile) -> bool:
    """Tell whether the folder holds a file of that name and size."""
    path = folder / file.name
    return path.is_file() and path.stat().st_size == file.size


def _quiet_pooch() -> Any:
    """Return pooch, which says nothing where our own words and progress bars do."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    return pooch


def _write_through(stream: IO[bytes]) -> None:
    """See to it that what was written is on the disk, and not in a buffer on the way."""
    stream.flush()
    os.fsync(stream.fileno())


def _failed(publication: Publication, file: PublishedFile, failures: list[str]) -> str:
    """Say what was tried, and how to go on offline."""
    tried = "".join(f"  {failure}\n" for failure in failures)
    wanted = "".join(
        f"  {published.name} ({published.size:,} bytes)\n" for published in publication.files
    )
    unpacking = "unpack them there, " if publication.packed else ""
    return (
        f"{publication.name}: no mirror gave {file.name}. Tried:\n{tried}"
        f"To go on offline, put these files into a folder named {publication.folder}:\n{wanted}"
        f"{unpacking}and set the environment variable MINIGEN_DATA to the folder that holds "
        f"{publication.folder} (or pass it as root=). "
        f"The data set 'digits' is part of minigen and needs no network."
    )
