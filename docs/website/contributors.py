"""What is for those who write the course and the library, off the way of those who read."""

from __future__ import annotations

import re
from typing import Final

from docs.website import links
from docs.website.places import REPOSITORY, places

_COURSE: Final = "lessons/README.md"
_PAGE: Final = "writing-lessons.md"

_SECTION: Final = re.compile(r"\n## Writing a lesson\n(?P<text>.*?)(?=\n## |\Z)", re.DOTALL)
"""The part of the course's own page that is about writing it."""


def sources() -> dict[str, str]:
    """Return the source of the page on writing a lesson."""
    text = (REPOSITORY / _COURSE).read_text(encoding="utf-8")
    found = _SECTION.search(text)
    if found is None:
        raise ValueError(f"{_COURSE} has no section 'Writing a lesson', which {_PAGE} is made of")
    body = _raised(links.rewrite(found["text"], _COURSE, _PAGE, places()))
    return {_PAGE: f"# Writing a lesson\n{body}"}


def without(text: str) -> str:
    """Return the course's page as its readers want it."""
    return _SECTION.sub("", text)


def contributing(text: str) -> str:
    """Return the page for contributors, with those that follow it."""
    text = text.replace("course/index.md#writing-a-lesson", _PAGE)
    return f"{text}\n```{{toctree}}\n:hidden:\n\nwriting-lessons\nchangelog\n```\n"


def _raised(text: str) -> str:
    """Return Markdown whose headings are one level higher; what stands in fences stays."""
    lines, fence = [], ""
    for line in text.splitlines(keepends=True):
        marks = re.match(r"`{3,}", line)
        if marks and not fence:
            fence = marks[0]
        elif marks and line.strip() == fence:
            fence = ""
        lines.append(line[1:] if line.startswith("##") and not fence else line)
    return "".join(lines)
