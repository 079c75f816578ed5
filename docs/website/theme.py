"""What stands around a page: the link to the same page in the other language, words, the menu."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from sphinx import addnodes
from sphinx.application import Sphinx

from docs.website import catalogues
from docs.website.places import CHINESE_PAGES

WORDS: Final = (
    "Search",
    "Home",
    "Next",
    "Previous",
    "On this page",
    "Back to top",
    "Skip to content",
    "Index",
)
"""What the theme says around a page."""

CATALOGUE: Final = "theme"
"""The catalogue in which `WORDS` are translated."""

_HOME: Final = f"{CHINESE_PAGES}/index"
_ENGLISH: Final = {"language": "en", "name": "English", "title": "This page in English"}
_CHINESE: Final = {"language": "zh-CN", "name": "中文", "title": "本页的中文版"}


def speak(
    app: Sphinx, pagename: str, _templatename: str, context: dict[str, Any], _doctree: object
) -> None:
    """Link a page to that in the other language; around a Chinese page, speak Chinese."""
    english = pagename.removeprefix(f"{CHINESE_PAGES}/")
    chinese = f"{CHINESE_PAGES}/{english}"
    counterpart, other = (english, _ENGLISH) if pagename == chinese else (chinese, _CHINESE)
    if counterpart in app.env.found_docs:
        address = app.builder.get_relative_uri(pagename, counterpart)
        context["counterpart"] = {**other, "address": address}
    if pagename == chinese:
        context["language"] = _CHINESE["language"]
        context["master_doc"] = _HOME
        context["_"] = context["gettext"] = _in_chinese
        context["furo_navigation_tree"] = _menu(app, pagename)


def _in_chinese(text: str) -> str:
    return _words().get(text, text)


@functools.cache
def _words() -> Mapping[str, str]:
    return catalogues.translations(CATALOGUE)


def _menu(app: Sphinx, page: str) -> str:
    """Return the menu of the Chinese pages."""
    from furo.navigation import get_navigation_tree

    builder: Any = app.builder
    (tree,) = app.env.get_doctree(_HOME).findall(addnodes.toctree)
    entries = app.env.resolve_toctree(
        page, builder, tree, prune=False, titles_only=True, includehidden=True
    )
    return str(get_navigation_tree(builder.render_partial(entries)["fragment"]))
