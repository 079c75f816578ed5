"""The code in the sources, laid out by ruff: the notebooks are checked like all other code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from minigen.files import write_atomically

_CELL: Final = re.compile(
    r"^(?P<head>```\{code-cell\} python\n(?::[^\n]*\n)*\n*)(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COMMAND: Final = (sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-")


def format_source(source: Path) -> bool:
    """Lay out the code cells of a source; tell whether anything changed.

    Raises
    ------
    subprocess.CalledProcessError
        If ruff can't read a cell; it says why on the error stream.
    """
    text = source.read_text(encoding="utf-8")
    laid_out = _CELL.sub(_laid_out, text)
    if laid_out != text:
        write_atomically(source, laid_out.encode())
    return laid_out != text


def _laid_out(cell: re.Match[str]) -> str:
    head = cell["head"].rstrip("\n") + ("\n\n" if "\n:" in cell["head"] else "\n")
    done = subprocess.run(_COMMAND, input=cell["code"], text=True, capture_output=True, check=True)
    return f"{head}{done.stdout}```"
