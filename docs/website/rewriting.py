"""What is changed on every page before it is written: deeper sections, formulas in their lines."""

from __future__ import annotations

import re
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx

DEEPER: Final = "Deeper: "
"""How the title of a section begins that is shown when it is asked for."""

_OPENING: Final = re.compile(r"[(\[“‘]+$")
_FOLLOWING: Final = re.compile(r"^(?:’s\b|-(?:th|st|nd|rd)\b|[.,;:!?)\]’”…-])+")
"""What must not be parted from a formula before or after it by the end of a line."""


def fold_deeper(_app: Sphinx | None, doctree: nodes.document, _docname: str) -> None:
    """Make of each section whose title begins with `DEEPER` a box that is closed at first."""
    for section in list(doctree.findall(nodes.section)):
        title = section[0]
        if isinstance(title, nodes.title) and title.astext().startswith(DEEPER):
            opening = nodes.raw("", '<details class="deeper"><summary>', format="html")
            content = [opening, title, nodes.raw("", "</summary>", format="html")]
            closing = nodes.raw("", "</details>", format="html")
            section.children = [*content, *section.children[1:], closing]
            for child in section.children:
                child.parent = section


def keep_together(_app: Sphinx | None, doctree: nodes.document, _docname: str) -> None:
    """Let no line end between a formula and the punctuation that touches it.

    A browser may break a line on either side of what MathJax has set.
    """
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        here = parent.index(formula)
        before, after = _cut_end(parent, here - 1), _cut_start(parent, here + 1)
        if before or after:
            parent.replace(
                formula,
                nodes.inline(
                    "", nodes.Text(before), formula, nodes.Text(after), classes=["together"]
                ),
            )


def _cut_end(parent: nodes.Element, position: int) -> str:
    """Cut the opening brackets off the end of a piece of text, and return them."""
    text = parent[position] if position >= 0 else None
    found = _OPENING.search(text) if isinstance(text, nodes.Text) else None
    if found is None:
        return ""
    parent[position] = nodes.Text(str(text)[: found.start()])
    return found[0]


def _cut_start(parent: nodes.Element, position: int) -> str:
    """Cut the punctuation off the start of a piece of text, and return it."""
    text = parent[position] if position < len(parent) else None
    found = _FOLLOWING.match(text) if isinstance(text, nodes.Text) else None
    if found is None:
        return ""
    parent[position] = nodes.Text(str(text)[found.end() :])
    return found[0]
