"""Links between the files of the repository, turned into links between the pages of the site."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

_LINK: Final = re.compile(
    r"\]\((?P<target>(?!https?:)[\w./-]+\.(?:md|rst|ipynb|png|svg|gif))(?P<anchor>#[\w.-]+)?\)"
)
"""A link to a page or a picture, as it stands in Markdown."""


def rewrite(text: str, origin: str, page: str, places: Mapping[str, str]) -> str:
    """Return Markdown whose links lead to pages of the site.

    Parameters
    ----------
    text : str
        Markdown, with links from file to file of the repository.
    origin : str
        Where it stands in the repository, such as ``lessons/README.md``.
    page : str
        Where its page stands among the sources of the site, such as ``course/index.md``.
    places : mapping
        The same for all files that are on the site.

    Raises
    ------
    ValueError
        If a link leads to a file that is not on the site.
    """
    there, here = PurePosixPath(origin).parent, PurePosixPath(page).parent

    def replaced(link: re.Match[str]) -> str:
        target = os.path.normpath(there / link["target"])
        if target not in places:
            raise ValueError(f"{origin}: the link to {link['target']} leads to nothing on the site")
        path = os.path.relpath(places[target], here)
        return f"]({path}{link['anchor'] or ''})"

    return _LINK.sub(replaced, text)


def with_contents(text: str) -> str:
    """Return a page with a table of contents: the pages beside it, in the order of its links."""
    linked = re.findall(r"\]\(([\w-]+)\.(?:md|ipynb)\)", text)
    entries = "\n".join(dict.fromkeys(linked))
    return f"{text}\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"
