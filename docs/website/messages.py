"""Markdown as messages to be translated: headings, paragraphs, items, rows of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"(?P<mark>`{3,}|\$\$(?=$)).*")
_SETTINGS: Final = re.compile(r"(?P<mark>---)")
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


def _pieces(markdown: str) -> list[str | Message]:
    """Return the messages, and the lines between them that are the same in every language."""
    found: list[str | Message] = []
    fence = ""
    for line in markdown.split("\n"):
        before = found[-1] if found else ""
        if fence or _SAME.match(line):
            found.append(line)
            fence = "" if line.strip() == fence else fence
        elif opening := _FENCE.fullmatch(line) or (not found and _SETTINGS.fullmatch(line)):
            found.append(line)
            fence = opening["mark"]
        elif isinstance(before, Message) and _goes_on(before.mark, line):
            found[-1] = Message(before.mark, f"{before.text} {line.lstrip('> ')}")
        else:
            start = _MARK.match(line)
            mark = start[0] if start else ""
            found.append(Message(mark, line.removeprefix(mark)))
    return found


def _goes_on(mark: str, line: str) -> bool:
    """Return whether a line goes on with the message before it, which began with a mark.

    A quotation marks all of its lines, and in a paragraph one may begin with a number and a full
    stop.
    """
    start = _MARK.match(line)
    if start is None or start[0] == mark == "> ":
        return True
    return bool(_NUMBER.match(line)) and not _NUMBER.match(mark)
