"""A notebook is made from its source: read, run top to bottom, stamped, saved.

The source is MyST Markdown, like the pages of ``docs/derivations``: prose as it is read, and code
in ``{code-cell}`` blocks. So that what changed can be read in a diff, it is the source that is
edited; the notebook, with its outputs, is never edited by hand.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from lessons import cells
from minigen import __version__
from minigen.course.lesson import helper_files, number_in
from minigen.files import write_atomically

Notebook: TypeAlias = Any
"""A notebook: a mapping as in its JSON file."""

FOLDER: Final = Path(__file__).parent

PICTURES: Final = FOLDER.parent / "docs" / "images"
"""Where the figures of cells tagged ``front-page`` are put, which the README shows."""

CELL_TIMEOUT: Final = 600
"""Seconds that one cell may take."""

_LANGUAGE: Final = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
_KERNEL: Final = {"name": "python3", "display_name": "Python 3", "language": "python"}


def sources() -> list[Path]:
    """Return the sources of all lessons, in their order."""
    found = FOLDER.glob("[0-9][0-9]*/*.md")
    return sorted(path for path in found if path.stem == path.parent.name and number_in(path.stem))


def documents() -> list[Path]:
    """Return the sources of the notebooks that are no lessons: programs of documents, mended."""
    return sorted(FOLDER.glob("documents/*.md"))


def notebook_of(source: Path) -> Path:
    """Return where the notebook of a source is saved."""
    return source.with_suffix(".ipynb")


def load(path: Path) -> Notebook:
    """Read a saved notebook."""
    return json.loads(path.read_text(encoding="utf-8"))


def read(source: Path) -> Notebook:
    """Make a notebook, not yet run, of a source."""
    import jupytext

    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="md:myst")
    notebook.cells = cells.prepared(notebook.cells, source.parent)
    for cell, name in zip(notebook.cells, _names(notebook), strict=True):
        cell.id = name
    notebook.metadata = {"kernelspec": _KERNEL, "language_info": _LANGUAGE}
    notebook.metadata["minigen"] = stamp(notebook, source)
    return notebook


def execute(notebook: Notebook, *, fast: bool) -> Notebook:
    """Run a notebook top to bottom, in a kernel and a folder of its own.

    In fast mode, cells tagged ``full`` are left out. An error does not stop it: it stays in the
    outputs, where `inspection.faults` finds it.
    """
    from nbclient import NotebookClient

    if fast:
        notebook.cells = [cell for cell in notebook.cells if "full" not in cells.tags(cell)]
    language = dict(notebook.metadata["language_info"])
    paths = [str(FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "MINIGEN_FAST": "1" if fast else "",
        "MINIGEN_KERNELS": "numpy",  # outputs that are saved don't depend on an extra
        "PYTHONPATH": os.pathsep.join(paths),  # this checkout, not what else may be installed
    }
    with tempfile.TemporaryDirectory() as folder:
        environment["MINIGEN_LESSONS"] = folder  # what is remembered of a learner goes away with it
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT,
            allow_errors=True,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )
        client.execute(env=environment)
    _reduce_figures(notebook)
    notebook.metadata["language_info"] = language  # not this machine's version of Python
    return notebook


def _reduce_figures(notebook: Notebook) -> None:
    """Keep figures in a palette of 256 colours, which makes a notebook less than half as large."""
    for cell in notebook["cells"]:
        for data in displayed(cell):
            if "image/png" in data:
                reduced = with_palette(base64.b64decode(text_of(data["image/png"])))
                data["image/png"] = base64.b64encode(reduced).decode()


def with_palette(png: bytes) -> bytes:
    """Return a picture with at most 256 colours; the picture itself if that is no smaller.

    A picture of which a part can be seen through is returned as it is, and so is one that moves.
    """
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        if getattr(picture, "n_frames", 1) > 1:
            return png
        if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
            return png
        contents = io.BytesIO()
        reduced = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        reduced.save(contents, "PNG", optimize=True)
    return min(contents.getvalue(), png, key=len)


def save(notebook: Notebook, source: Path) -> Path:
    """Write a notebook whole beside its source; return where."""
    import nbformat

    path = notebook_of(source)
    write_atomically(path, nbformat.writes(notebook).encode())
    return path


def stamp(notebook: Notebook, source: Path) -> dict[str, str]:
    """Return what says of which library and which cells a notebook's outputs are."""
    return {
        "version": __version__,
        "source": digest_of_source(source),
        "cells": digest_of_cells(notebook),
    }


def digest_of_source(source: Path) -> str:
    """Return a hash of the files that a notebook is made of: source, stubs, helper."""
    files = (source, source.with_name("exercises.py"), *helper_files(source.parent))
    return digest("".join(file.read_text(encoding="utf-8") for file in files if file.exists()))


def digest_of_cells(notebook: Notebook) -> str:
    """Return a hash of what stands in the cells, outputs apart."""
    found = [(cell["cell_type"], text_of(cell["source"])) for cell in notebook["cells"]]
    return digest(json.dumps(found, ensure_ascii=False))


def digest(text: str) -> str:
    """Return the SHA-256 hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_figures(notebook: Notebook, folder: Path, name: str) -> None:
    """Write the figures of a notebook as PNG files ``NAME-CELL.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, cell in enumerate(notebook["cells"]):
        images = [data["image/png"] for data in displayed(cell) if "image/png" in data]
        for place, image in enumerate(images):
            suffix = f"-{place}" if place else ""
            path = folder / f"{name}-{number:03}{suffix}.png"
            write_atomically(path, base64.b64decode(text_of(image)))


def write_picture(notebook: Notebook, source: Path) -> None:
    """Write the figure of a lesson's cell that is tagged ``front-page``, if there is one."""
    for cell in notebook["cells"]:
        if "front-page" in cells.tags(cell):
            image = next(data["image/png"] for data in displayed(cell) if "image/png" in data)
            write_atomically(picture_of(source), base64.b64decode(text_of(image)))


def picture_of(source: Path) -> Path:
    """Return where a lesson's picture for the front page is."""
    return PICTURES / f"lesson-{number_in(source.stem)}.png"


def displayed(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a cell displayed: for each output its forms, by media type."""
    return [output["data"] for output in cell.get("outputs", ()) if "data" in output]


def _names(notebook: Notebook) -> Iterator[str]:
    """Name each cell after its contents, so that other cells keep their names when one is added."""
    seen: dict[str, int] = {}
    for cell in notebook["cells"]:
        name = digest(cell["source"])[:8]
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def text_of(value: str | list[str]) -> str:
    """Join the lines that a notebook's file may store one by one."""
    return value if isinstance(value, str) else "".join(value)
