"""Building the site: gather the sources, run Sphinx."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from docs.website import staging

DOCS: Final = Path(__file__).parent.parent
BUILD: Final = DOCS / "_build"
HTML: Final = BUILD / "html"
"""Where the site is; `minigen explain --web` looks there, too."""

_SOURCE: Final = BUILD / "source"
_DOCTREES: Final = BUILD / "doctrees"
_JOBS: Final = "2"
"""Pages are read and written by as many processes."""


def build(*, fresh: bool = False) -> int:
    """Build the site, and return the exit status. How far it is, Sphinx says.

    Parameters
    ----------
    fresh : bool, default False
        Delete what was built before. Without it pages that have not changed are kept; a change in
        the package makes all of them anew, since they show its code and run it.
    """
    from sphinx.cmd.build import main as sphinx

    if fresh:
        shutil.rmtree(BUILD, ignore_errors=True)
    os.environ["PYTHONPATH"] = str(DOCS.parent)  # pages run the package that stands beside them
    staging.stage(_SOURCE)
    options = ["-W", "--keep-going", "-j", _JOBS, "-b", "html", "-c", DOCS, "-d", _DOCTREES]
    status: int = sphinx([str(option) for option in (*options, _SOURCE, HTML)])
    return status
