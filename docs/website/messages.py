"""Markdown as messages to be translated: headings, paragraphs, items, rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"(?P<mark>`{3,}|\$\$|---$)")
"""What opens a block that is the same in every language: code, a formula, a directive, settings."""

_SAME: Final = re.compile(r"\s*$|:{3,}|\| ?-{3}|<|>\s*$")
"""A line that is the same in every language."""

_MARK: Final = re.compile(r"\s*(?:#{1,6} |[-*] |\d+\. |> |(?=\|))")
_NUMBER: Final = re.compile(r"\d+\. ")
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Message:
    """A piece of prose on one line, and the mark before it that makes it a heading or an item."""

    mark: str
    text: str


def messages(markdown: str) -> list[str]:
    r"""Return what there is to translate in Markdown, each message once.

    Examples
    --------
    >>> from docs.website.messages import messages
    >>> messages("# Title\n\nA sentence\nof two lines.\n\n- an item\n- another\n")
    ['Title', 'A sentence of two lines.', 'an item', 'another']
    """
    found = (piece.text for piece in _pieces(markdown) if isinstance(piece, Message))
    return list(dict.fromkeys(text for text in found if _LETTER.search(text)))


def translated(markdown: str, catalogue: Mapping[str, str]) -> str:
    r"""Return Markdown with its messages translated; one that the catalogue lacks stays as it is.

    Examples
    --------
    >>> from docs.website.messages import translated
    >>> translated("## Code\n\n```python\nCode\n```", {"Code": "代码"})
    '## 代码\n\n```python\nCode\n```'
    """
    return "\n".join(
        piece.mark + catalogue.get(piece.text, piece.text) if isinstance(piece, Message) else piece
        for piece in _pieces(markdown)
    )


def aligned(markdown: str, other: str) -> Iterator[tuple[str, str]]:
    """Yield the messages of two pages of one structure, in pairs.

    Raises
    ------
    ValueError
        If the pages differ in their structure.
    """
    for mine, theirs in zip(_pieces(markdown), _pieces(other), strict=True):
        if isinstance(mine, Message) and isinstance(theirs, Message) and mine.mark == theirs.mark:
            yield mine.text, theirs.text
        elif mine != theirs:
            raise ValueError(f"{mine} has no counterpart of its kind, but {theirs}")


def _pieces(markdown: str) -> list[str | Message]:
    """Return the messages, and the lines between them that are the same in every language."""
    found: list[str | Message] = []
    fence = ""
    for line in markdown.split("\n"):
        opening = _FENCE.match(line)
        before = found[-1] if found else ""
        mark = None if _goes_on(before, line) else _MARK.match(line)
        if fence:
            found.append(line)
            fence = "" if line.strip() == fence else fence
        elif opening and (line == opening["mark"] or opening["mark"] != "$$"):
            found.append(line)
            fence = opening["mark"]
        elif _SAME.match(line):
            found.append(line)
        elif isinstance(before, Message) and mark is None:
            found[-1] = Message(before.mark, f"{before.text} {line.lstrip('> ')}")
        else:
            start = mark[0] if mark else ""
            found.append(Message(start, line.removeprefix(start)))
    return found


def _goes_on(before: str | Message, line: str) -> bool:
    """Return whether a line goes on with the message before it, although it looks like a new one.

    A paragraph can have a line that begins with a number and a full stop, and so can a quotation
    have several lines.
    """
    if not isinstance(before, Message):
        return False
    if line.startswith("> "):
        return before.mark == "> "
    return bool(_NUMBER.match(line)) and not _NUMBER.match(before.mark)
