"""What must not be in a notebook that is saved, what has changed in it, and what is counted."""

from __future__ import annotations

import ast
import binascii
import difflib
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lessons.building import Notebook, displayed, text_of
from lessons.cells import tags

BAR: Final = re.compile(r"\d%\|.*\| \d+/\d+ \[")
"""The line of a progress bar."""

_PATH: Final = re.compile(
    r"(?<![\w.:/-])/(?:home|Users|root|tmp|var|usr|opt|etc|mnt|private|work|srv)/\S*|\b[A-Z]:\\\w\S*"
)
_ADDRESS: Final = re.compile(r"<[^<>\n]* at 0x[0-9a-f]+>")
_LEFTOVER: Final = re.compile(r"^(?:\[?<matplotlib|Text\(|\(?array\(\[\[?<)", re.MULTILINE)
_LEAST_CONTRAST: Final = 2.0
"""The least standard deviation of a figure's brightness, of 255: below it there is nothing."""


def faults(notebook: Notebook) -> list[str]:
    """Return what is wrong with a notebook's outputs, a sentence a fault.

    An error; anything on the error stream, warnings among it; an absolute path; the repr of an
    object where a figure or nothing was meant; a cell tagged ``figure`` without one, or the
    reverse; a figure that shows nothing; a code cell that was not run.
    """
    return [
        f"cell {number} ({_first_line(cell)}): {fault}"
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code"
        for fault in (*_fault_of_run(cell), *_faults_of_text(cell), *_faults_of_figures(cell))
    ]


def changes(before: Notebook, after: Notebook) -> list[str]:
    """Return the printed lines that are not those of an earlier run, as ``-old`` and ``+new``.

    Bars, which show times, and listings of the library's code are left out.
    """
    old, new = list(_printed(before)), list(_printed(after))
    difference = list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]  # without its heading
    return [line for line in difference if not line.startswith("@@")]


def asserts(notebook: Notebook) -> int:
    """Return how many assert statements a notebook has."""
    return sum(
        isinstance(node, ast.Assert)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
        for node in ast.walk(ast.parse(text_of(cell["source"])))
    )


def figures(notebook: Notebook) -> list[bytes]:
    """Return the figures of a notebook, as PNG files."""
    return [image for cell in notebook["cells"] for image in _images(cell)]


def _printed(notebook: Notebook) -> Iterator[str]:
    """Iterate over the lines of plain text that a new run should repeat."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            forms = output.get("data", {"text/plain": output.get("text", "")})
            if "text/markdown" not in forms:
                lines = text_of(forms.get("text/plain", "")).splitlines()
                yield from (line for line in lines if not BAR.search(line))


def _fault_of_run(cell: Mapping[str, Any]) -> Iterator[str]:
    if cell["execution_count"] is None:
        yield "was not run"
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            yield f"raised {output['ename']}: {output['evalue']}"


def _faults_of_text(cell: Mapping[str, Any]) -> Iterator[str]:
    for output in cell["outputs"]:
        if output.get("name") == "stderr":
            yield f"wrote to the error stream: {text_of(output['text']).strip()[:200]!r}"
    for text in _texts(cell):
        for pattern, what in ((_PATH, "shows an absolute path"), (_ADDRESS, "shows an address")):
            found = pattern.search(text)
            if found:
                yield f"{what}: {found[0]!r}"
        if _LEFTOVER.search(text):
            yield f"shows what an expression returned: {text[:60]!r}; end it with plt.show()"


def _faults_of_figures(cell: Mapping[str, Any]) -> Iterator[str]:
    tagged = "figure" in tags(cell)
    images = _images(cell)
    drawn = bool(images) or any("image/svg+xml" in data for data in displayed(cell))
    if tagged and not drawn:
        yield "is tagged `figure`, but shows none"
    if drawn and not tagged:
        yield "shows a figure, but is not tagged `figure`"
    if any(_is_blank(image) for image in images):
        yield "shows a figure on which nothing is"


def _texts(cell: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over all that a cell printed or displayed as text."""
    for output in cell["outputs"]:
        if "text" in output:
            yield text_of(output["text"])
    for data in displayed(cell):
        for kind in ("text/plain", "text/markdown", "text/html"):
            if kind in data:
                yield text_of(data[kind])


def _images(cell: Mapping[str, Any]) -> list[bytes]:
    return [
        binascii.a2b_base64(text_of(data["image/png"]))
        for data in displayed(cell)
        if "image/png" in data
    ]


def _is_blank(image: bytes) -> bool:
    """Tell whether a picture is of one brightness all over."""
    from PIL import Image, ImageStat

    with Image.open(io.BytesIO(image)) as picture:
        return ImageStat.Stat(picture.convert("L")).stddev[0] < _LEAST_CONTRAST


def _first_line(cell: Mapping[str, Any]) -> str:
    return text_of(cell["source"]).partition("\n")[0][:50]
