"""The pages of docs/documents, read: in both languages, claim by claim."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[3] / "docs" / "documents"
LANGUAGES: Final = ("en", "zh")
VERDICTS: Final = {"正确": "right", "错误": "wrong", "不准确": "imprecise"}
"""The Chinese verdicts, and the English ones."""

_HEADING: Final = re.compile(
    r"^### (?P<name>[A-Z]\d+) (?P<claim>.+)(?:: |：)(?P<verdict>\w+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Claim:
    """A claim of a document, as a page states and judges it."""

    name: str
    heading: str
    claim: str
    verdict: str
    text: str


def page(name: str, language: str) -> str:
    """Return a page in a language, ``en`` or ``zh``."""
    folder = FOLDER if language == "en" else FOLDER / language
    return (folder / f"{name}.md").read_text(encoding="utf-8")


def names() -> list[str]:
    """Return the names of all pages."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


@functools.cache
def claims(name: str, language: str) -> dict[str, Claim]:
    """Return the claims of a page, by their names."""
    text = page(name, language)
    found = list(_HEADING.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        match["name"]: Claim(
            name=match["name"],
            heading=match[0].removeprefix("### "),
            claim=match["claim"],
            verdict=VERDICTS.get(match["verdict"], match["verdict"]),
            text=re.split(r"^## ", text[match.end() : end], flags=re.MULTILINE)[0],
        )
        for match, end in zip(found, ends, strict=True)
    }


def numbers(text: str) -> list[str]:
    """Return the decimal numbers of a text, with one kind of minus and no commas of thousands.

    Sizes such as 28x28 are among them.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("−", "-"))
    return re.findall(r"(?<![\w.])(?:-?\d+(?:\.\d+)?|\d+(?:x\d+)+)(?!\w)", plain)


def anchor(heading: str) -> str:
    """Return the anchor that GitHub and MyST give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
