"""The catalogues of translations: a file for each page, in gettext's format, which Babel reads."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from minigen.files import write_atomically

LOCALE: Final = "zh_CN"
FOLDER: Final = Path(__file__).parent.parent / "locales" / LOCALE / "LC_MESSAGES"


def path(name: str) -> Path:
    """Return where the catalogue of a page is."""
    return FOLDER / f"{name}.po"


def translations(name: str) -> dict[str, str]:
    """Return the translations of a page, by their messages.

    One that was made of an earlier text, which gettext calls fuzzy, is none.
    """
    return {
        str(entry.id): str(entry.string)
        for entry in _read(name)
        if entry.id and entry.string and not entry.fuzzy
    }


def update(name: str, messages: Sequence[str], known: Mapping[str, str]) -> None:
    """Give a catalogue the messages of its page as it is now, in their order.

    A new message that is `known`, because another page says the same, gets the translation that it
    has there. One that is much like a message that was here gets the translation of that, marked
    as fuzzy: it wants revising. What the page no longer says goes.
    """
    template = Catalog(locale=LOCALE)
    for text in messages:
        template.add(text)
    catalogue = _read(name)
    catalogue.update(template)
    for text in messages:
        if (entry := catalogue.get(text)) and (entry.fuzzy or not entry.string) and text in known:
            entry.string = known[text]
            entry.flags.discard("fuzzy")
    written = io.BytesIO()
    write_po(written, catalogue, width=100, omit_header=True, ignore_obsolete=True)
    path(name).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path(name), written.getvalue().strip() + b"\n")


def _read(name: str) -> Catalog:
    if not path(name).is_file():
        return Catalog(locale=LOCALE)
    with path(name).open("rb") as file:
        return read_po(file, locale=LOCALE)
