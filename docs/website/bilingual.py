"""The glossary, which is written in both languages, as a page in Chinese alone."""

from __future__ import annotations

import re
from typing import Final

_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH_INDEX: Final = re.compile(r"\n## English index\n.*?(?=\n## )", re.DOTALL)
_HEADING: Final = re.compile(r"(?P<mark>#{1,3}) (?P<english>.+)")
_CONTENTS: Final = re.compile(r"- \[[^\]]+\]\((?P<anchor>#[^)]+)\) · (?P<chinese>.+)")
_TERM: Final = re.compile(r"\*\*(?P<chinese>[^*]+)\*\*(?: · )?(?P<rest>.*)", re.DOTALL)

_LABELS: Final = {
    ". Code: ": "。代码：",
    "Code: ": "代码：",
    "Derivation: ": "推导：",
    ", ": "、",
}
"""What is Chinese in the line that names an entry's derivation and code."""


def chinese_glossary(text: str) -> str:
    """Return the glossary with its Chinese definitions, under the anchors of its English names.

    Parameters
    ----------
    text : str
        The page in both languages. Below each heading stands the Chinese one, or the Chinese term;
        an English paragraph is followed by the Chinese one; in a box the Chinese part is second.
    """
    found: list[str] = []
    heading: re.Match[str] | None = None
    for paragraph in _ENGLISH_INDEX.sub("", text).strip().split("\n\n"):
        before, heading = heading, _HEADING.fullmatch(paragraph)
        if before and before["mark"] != "#":
            found += _opened(before["mark"], before["english"], paragraph)
        elif not heading:
            found += _chinese_part(paragraph)
    return "\n\n".join(["# 词汇表", *found]) + "\n"


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub and MyST give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _opened(mark: str, english: str, below: str) -> list[str]:
    """Return the heading of a section or an entry, and what else is said with the Chinese term."""
    target = f"({anchor_of(english)})="
    term = _TERM.fullmatch(below)
    if mark == "##" or term is None:
        title, _, rest = below.partition("：")
        return [f"{target}\n## {title}", *([rest] if rest else [])]
    others = term["rest"].replace("also: ", "英文又称：")
    return [f"{target}\n### {term['chinese']} · {english}", *([others] if others else [])]


def _chinese_part(paragraph: str) -> list[str]:
    """Return what is Chinese of a paragraph, or the same in both languages; nothing if none is."""
    if paragraph.startswith("> "):
        paragraph = paragraph.partition("\n>\n")[2]
    if paragraph.startswith("- ["):
        lines = _CONTENTS.findall(paragraph)
        entries = [f"- [{name}]({anchor})" for anchor, name in lines if "英文" not in name]
        return ["\n".join(entries) if entries else paragraph]
    if paragraph.startswith(("Derivation:", "Code:")):
        line = " ".join(paragraph.split()).removesuffix(".")
        for english, chinese in _LABELS.items():
            line = line.replace(english, chinese)
        return [f"{line}。"]
    return [paragraph] if _CHINESE.search(paragraph) else []
