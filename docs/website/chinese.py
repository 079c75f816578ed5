"""The pages in Chinese: which they are, what they are made of, and what wants translating.

A Chinese page stands on the site in the folder ``zh``, under the path of the English one. It is
made of that one with the translations of its catalogue; so is each Chinese file of the repository.
Of a lesson the opening and the summary are translated. The glossary has both languages already.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from docs.website import bilingual, catalogues, contributors, home, links, notebooks, theme
from docs.website.messages import messages, translated
from docs.website.places import CHINESE_PAGES, REPOSITORY, english_places, places
from minigen.files import write_atomically

UNTRANSLATED: Final[frozenset[str]] = frozenset()
"""Lessons whose opening and summary are in English alone."""

_QUESTION: Final = "## The question"
_SUMMARY: Final = "## Summary"
_PARTS: Final = re.compile(r"^(?=## )", re.MULTILINE)

_ELSEWHERE: Final = "本页是这一课的开头与小结。推导、代码、实验和练习在[英文课程]({link})中。"
_FIGURE: Final = "“问题”一节中的图，上下文说明它画的是什么"
_START: Final = "快速上手"
_PROMPTS: Final = {"The code": "代码", "The check": "检验"}
_FOLDED: Final = frozenset({"check", "hide-input"})
_TOCTREE: Final = re.compile(r"```\{toctree\}\n.*?```\n?", re.DOTALL)


@functools.cache
def origins() -> dict[str, str]:
    """Return the pages that are in Chinese, each with the file of the repository it is made of."""
    pages = {page: path for path, page in english_places().items()}
    documents = [page for page in pages if page.startswith("documents/")]
    lessons = [page for page in pages if re.match(r"course/\d", page)]
    wanted = ["start.md", "course/index.md", "glossary.md", *documents, *lessons]
    return {page: pages[page] for page in wanted if PurePosixPath(page).stem not in UNTRANSLATED}


def files() -> dict[str, str]:
    """Return the Chinese files of the repository, each with the English one that it translates."""
    english = {page: path for path, page in places().items()}
    inside = {path: page.removeprefix(f"{CHINESE_PAGES}/") for path, page in places().items()}
    return {path: english[page] for path, page in inside.items() if page != places()[path]}


def catalogued() -> dict[str, list[str]]:
    """Return all catalogues by their names, each with the messages that it has to translate."""
    prose = {_name(page): _prose(page) for page in origins() if page != "glossary.md"}
    found = {name: messages(text) for name, text in {"index": home.template(), **prose}.items()}
    return {**found, theme.CATALOGUE: list(theme.WORDS)}


def missing() -> Iterator[tuple[str, str]]:
    """Yield what has no translation, or one of an earlier text: the catalogue and the message."""
    for name, texts in catalogued().items():
        known = catalogues.translations(name)
        yield from ((name, text) for text in texts if text not in known)


def update() -> None:
    """Give every catalogue the messages of its page as it is now; write the Chinese files anew."""
    wanted = catalogued()
    known = dict(itertools.chain(*(catalogues.translations(name).items() for name in wanted)))
    for name, texts in wanted.items():
        catalogues.update(name, texts, known)
    for path in files():
        write_atomically(REPOSITORY / path, file(path).encode())


def file(path: str) -> str:
    """Return what a Chinese file of the repository has to hold."""
    origin = files()[path]
    here = _swapped({name: name for name in places()})
    return links.rewrite(_translated(places()[origin]), origin, path, here)


def sources(pages: Iterable[str]) -> dict[str, str]:
    """Return the sources of all Chinese pages, by their places on the site.

    Parameters
    ----------
    pages : iterable of str
        All English pages.
    """
    english = {page: page for page in pages}
    translations = {"index.md": "", **origins()}
    chinese = {page: f"{CHINESE_PAGES}/{page}" for page in translations}
    found = {"index.md": _home(english | chinese)}
    there = _swapped(places()) | {path: chinese[page] for page, path in origins().items()}
    for page, origin in origins().items():
        make = _lesson if page.endswith(".ipynb") else _page
        found[page] = make(page, origin, there)
    return {chinese[page]: text for page, text in found.items()}


def _swapped(where: Mapping[str, str]) -> dict[str, str]:
    """Return places with those of English and Chinese files exchanged.

    In a Chinese file a link to an English one leads to its translation, and the link to the
    translation, with which an English file begins, to the English one.
    """
    pairs = files().items()
    there = {english: where[path] for path, english in pairs}
    back = {path: where[english] for path, english in pairs}
    return {**where, **there, **back}


def _name(page: str) -> str:
    return str(PurePosixPath(page).with_suffix(""))


def _translated(page: str) -> str:
    return translated(_prose(page), catalogues.translations(_name(page)))


def _prose(page: str) -> str:
    """Return the English text of which a page is made; of a lesson, of its opening and summary."""
    text = (REPOSITORY / origins()[page]).read_text(encoding="utf-8")
    if page.endswith(".ipynb"):
        cells = excerpt(json.loads(text)["cells"])
        prose = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        return "\n\n".join(prose)
    return contributors.without(text) if page == "course/index.md" else text


def _home(where: Mapping[str, str]) -> str:
    text = translated(home.template(), catalogues.translations("index"))
    page = f"{CHINESE_PAGES}/index.md"
    body = links.rewrite(_TOCTREE.sub("", home.filled(text)), "index.md", page, where)
    entries = "start\ncourse/index\nglossary\ndocuments/index"
    return f"{body}\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"


def _page(page: str, origin: str, where: Mapping[str, str]) -> str:
    if page == "glossary.md":
        text = bilingual.chinese_glossary((REPOSITORY / origin).read_text(encoding="utf-8"))
    else:
        text = home.started(_translated(page), _START)
    text = links.rewrite(text, origin, where[origin], where)
    return links.with_contents(text) if page.endswith("/index.md") else text


def _lesson(page: str, origin: str, where: Mapping[str, str]) -> str:
    """Return the opening and the summary of a lesson as a notebook of their own."""
    catalogue = catalogues.translations(_name(page))

    def rewrite(markdown: str) -> str:
        return links.rewrite(translated(markdown, catalogue), origin, where[origin], where)

    text = (REPOSITORY / origin).read_text(encoding="utf-8")
    notebook = json.loads(notebooks.prepared(text, str))
    notebook["cells"] = cells = [cell for cell in excerpt(notebook["cells"]) if _shows(cell)]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = rewrite("".join(cell["source"]))
        else:
            _label(notebooks.settings_of(cell))
    title, _, rest = cells[0]["source"].partition("\n")
    note = _ELSEWHERE.format(link=f"../../{page}")
    cells[0]["source"] = f"{title}\n\n:::{{container}} notebook-actions\n{note}\n:::\n{rest}"
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def _label(settings: dict[str, Any]) -> None:
    """Say in Chinese what is said of a cell with code."""
    for key, said in settings.items():
        settings[key] = {"alt": _FIGURE} if key == "image" else _PROMPTS.get(said, said)


def _shows(cell: Mapping[str, Any]) -> bool:
    """Return whether a cell has something to show: prose, a figure, or code that is not folded."""
    return bool(cell.get("outputs")) or not set(cell["metadata"].get("tags", ())) & _FOLDED


def excerpt(cells: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    r"""Return the cells of a lesson's opening, up to the end of its first section, and its summary.

    Examples
    --------
    >>> from docs.website.chinese import excerpt
    >>> text = "# A\n\n## The question\n\nWhy?\n\n## The idea\n\n## Summary\n\nSo.\n\n## More"
    >>> [cell["source"] for cell in excerpt([{"cell_type": "markdown", "source": text}])]
    ['# A\n\n## The question\n\nWhy?\n\n## Summary\n\nSo.']
    """
    found, wanted = [], True
    for cell in cells:
        if cell["cell_type"] != "markdown":
            found += [cell] if wanted else []
            continue
        parts = []
        for part in _PARTS.split("".join(cell["source"])):
            if part.startswith("## "):
                wanted = part.startswith((_QUESTION, _SUMMARY))
            if wanted:
                parts.append(part)
        if text := "".join(parts).strip():
            found.append({**cell, "source": text})
    return found
