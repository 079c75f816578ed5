"""MathJax from the wheel that carries it: only what its pages load is copied into the site."""

from __future__ import annotations

from importlib.metadata import files
from pathlib import Path
from typing import Any, Final

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

DISTRIBUTION: Final = "sphinx-mathjax-offline"

ENTRY: Final = "mathjax/tex-chtml.js"
"""What a page loads, from the folder of static files."""

_WANTED: Final = ("tex-chtml.js", "output", "input/tex", "a11y", "sre", "ui")
"""The script, its fonts, extensions of TeX, and what its menu loads for screen readers."""


def _folder() -> Path:
    """Return where the wheel has put MathJax."""
    found = [path for path in files(DISTRIBUTION) or () if path.match("static/mathjax/core.js")]
    return Path(str(found[0].locate())).parent


def copy(app: Sphinx, exception: Exception | None) -> None:
    """Copy MathJax into the site that was built."""
    if exception is None:
        target = app.outdir / "_static" / "mathjax"
        for name in _WANTED:
            copy_asset(_folder() / name, (target / name).parent if "." in name else target / name)


CONFIGURATION: Final[dict[str, Any]] = {
    "chtml": {"scale": 0.98, "matchFontHeight": False},
    "options": {"enableMenu": True},
}
