"""Gathering the sources of all pages: from ``docs``, from the course, from the live package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from docs.website import api, chinese, code_pages, contributors, home, links, moving, notebooks
from docs.website.places import REPOSITORY, english_places, places


def stage(folder: Path) -> None:
    """Write the sources of all pages into a folder, and delete from it what is none.

    A file whose content has not changed is not touched, so that its page is not built again.
    """
    english = english_places()
    written = {folder / page: _content(path, page) for path, page in english.items()}
    made = {"index.md": home.source(), "figures.md": moving.page()}
    made |= {**code_pages.sources(), **api.sources(), **contributors.sources()}
    made |= chinese.sources([*english.values(), *made])
    written |= {folder / page: text.encode() for page, text in made.items()}
    written |= {folder / page: path.read_bytes() for page, path in notebooks.downloads().items()}
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
    for path in folder.rglob("*"):
        if path.is_file() and path not in written:
            path.unlink()


def _content(origin: str, page: str) -> bytes:
    """Return what a page is made of."""
    path = REPOSITORY / origin
    if path.suffix not in {".md", ".ipynb"}:
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")

    def rewrite(markdown: str) -> str:
        return links.rewrite(markdown, origin, page, places())

    if path.suffix == ".ipynb":
        return notebooks.prepared(text, rewrite, path.stem).encode()
    return _AMENDED.get(page, _as_it_is)(rewrite(text)).encode()


def _as_it_is(text: str) -> str:
    return text


def _start(text: str) -> str:
    return home.started(text, "Getting started")


def _course(text: str) -> str:
    """Return the page of the course, for its readers."""
    return links.with_contents(contributors.without(text))


_AMENDED: Final[dict[str, Callable[[str], str]]] = {
    "start.md": _start,
    "course/index.md": _course,
    "contributing.md": contributors.contributing,
    "derivations/index.md": links.with_contents,
    "documents/index.md": links.with_contents,
}
