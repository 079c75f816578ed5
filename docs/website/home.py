"""The home page, with numbers of the package as it is."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template
from typing import Final

from docs.website import code_pages
from docs.website.places import places
from minigen.course import lessons
from minigen.explanation import all_pages, page_of

_PAGE: Final = Path(__file__).parent / "pages" / "home.md"


def source() -> str:
    """Return the source of the home page."""
    return filled(template())


def started(text: str, heading: str) -> str:
    """Return the README under a heading that says what it is for.

    The link to the other language, which follows its own heading, stands above every page.
    """
    return re.sub(r"\A# minigen\n\n.*\n", f"# {heading}\n", text)


def template() -> str:
    """Return the home page with names in the places of the numbers."""
    return _PAGE.read_text(encoding="utf-8")


def filled(text: str) -> str:
    """Return the home page, or a translation of it, with the numbers."""
    numbers = {
        "results": len(page_of()),
        "derivations": len(all_pages()),
        "lessons": len(lessons()),
        "ops": len(code_pages.entries()),
        "glossary": "glossary" if "docs/glossary.md" in places() else "",
    }
    return Template(text).substitute(numbers)
