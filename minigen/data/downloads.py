"""Files from the mirrors into the cache, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from minigen.data.errors import DataFileError, DownloadError

if TYPE_CHECKING:
    from minigen.data.publication import Publication, PublishedFile


def cache_folder() -> Path:
    """Return the folder of the user's cache that holds what was downloaded."""
    import pooch

    return Path(pooch.os_cache("minigen"))


def download(publication: Publication, file: PublishedFile) -> bytes:
    """Fetch a file from the first mirror that gives it whole; return its contents.

    It appears in the cache under its name only after its checksum was verified.

    Raises
    ------
    DownloadError
        If no mirror gave the file: each address with its reason, and how to go on offline.
    """
    folder = cache_folder() / publication.folder
    failures = []
    for mirror in publication.mirrors:
        address = mirror + file.name
        try:
            return _download_from(address, file, folder)
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


def _download_from(address: str, file: PublishedFile, folder: Path) -> bytes:
    """Fetch into a temporary file beside the final one, verify it, and only then rename it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f"{file.name}.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            fetch(address, stream, file)
            stream.flush()
            os.fsync(stream.fileno())
        contents = partial.read_bytes()
        difference = file.difference(contents)
        if difference is not None:
            raise DataFileError(f"what came {difference}")
        partial.replace(folder / file.name)
    finally:
        partial.unlink(missing_ok=True)
    return contents


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
