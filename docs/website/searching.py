"""Search that knows Chinese, and the names of the glossary."""

from __future__ import annotations

import functools
import re
from typing import Final

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish

from docs.website.places import CHINESE_PAGES, REPOSITORY

LANGUAGE: Final = "en-and-zh"
"""What the configuration calls it."""

_GLOSSARY: Final = "glossary"
_ENTRY: Final = re.compile(r"\[(?P<name>[^\]]+)\]\(#(?P<anchor>[^)]+)\)")

_DERIVATION: Final = re.compile(r"\]\((?P<page>derivations/\w+)\.md#(?P<anchor>[\w.]+)\)")

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_WORD: Final = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")


def words(text: str) -> list[str]:
    """Return the words of a text; of Chinese, which has no spaces, the pairs of characters.

    Examples
    --------
    >>> from docs.website.searching import words
    >>> words("the KL散度 of 高斯分布")
    ['the', 'KL', '散度', 'of', '高斯', '斯分', '分布']
    """
    return [part for word in _WORD.findall(text) for part in _parts(word)]


def _parts(word: str) -> list[str]:
    if len(word) < 3 or not _CHINESE.match(word):
        return [word]
    return [word[start : start + 2] for start in range(len(word) - 1)]


class SearchBoth(SearchEnglish):
    """English, stemmed, and Chinese, in pairs of characters."""

    lang = LANGUAGE
    language_name = "English"  # of the stemmer, in the name of its script
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu) || []).flatMap((word) =>
    word.length < 3 || !/^[\u3400-\u9fff]/.test(word)
      ? [word]
      : [...word].slice(1).map((letter, place) => word[place] + letter),
  );
"""

    def split(self, input: str) -> list[str]:
        """Return the words of a text."""
        return words(input)


def register() -> None:
    """Let Sphinx know the language."""
    languages[LANGUAGE] = SearchBoth


def enter_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Enter the names that the glossary knows, in both languages, for search to find.

    A name leads to its entry in the glossary, and to the result that the entry says derives it.
    The general index has them, too: it has read the page already, and is told by itself.
    """
    page = app.env.docname
    slugs = app.env.metadata[page].get("myst_slugs", {})
    # Search ranks main entries with titles, and others below all that it finds.
    found = [("single", name, slugs[anchor][1], "main", None) for name, anchor in names_on(page)]
    if found:
        doctree.append(addnodes.index(entries=found))
        app.env.get_domain("index").data["entries"].setdefault(page, []).extend(found)


def names_on(page: str) -> list[tuple[str, str]]:
    """Return the names that lead to a page, which is the glossary's or a derivation's.

    With each comes the anchor to which it leads. Chinese names lead to the glossary in Chinese.
    """
    if page.removeprefix(f"{CHINESE_PAGES}/") == _GLOSSARY:
        wanted = page != _GLOSSARY
        return [pair for pair in _names() if bool(_CHINESE.search(pair[0])) is wanted]
    derived = ((name, _deriving().get(anchor, ("", ""))) for name, anchor in _names())
    return [(name, anchor) for name, (there, anchor) in derived if there == page]


@functools.cache
def _names() -> list[tuple[str, str]]:
    """Return every name in the indices at the glossary's end, with the anchor of its entry."""
    _, _, indices = _glossary().partition("\n## English index\n")
    found = ((entry["name"], entry["anchor"]) for entry in _ENTRY.finditer(indices))
    return list(dict.fromkeys(found))


@functools.cache
def _deriving() -> dict[str, tuple[str, str]]:
    """Return the page and the anchor of the first derivation of each entry, by its anchor."""
    found = {}
    for entry in _glossary().split("\n### ")[1:]:
        title, _, text = entry.partition("\n")
        if link := _DERIVATION.search(text):
            anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            found[anchor] = (link["page"], link["anchor"])
    return found


@functools.cache
def _glossary() -> str:
    path = REPOSITORY / "docs" / f"{_GLOSSARY}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
