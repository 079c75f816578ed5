r"""What symbols mean: one table for all lessons and derivations, and the page that is made of it.

``symbols.toml`` lists the meanings of each symbol, with the places where each holds. A place is a
lesson, by its number, or a page of ``docs/derivations``, by its name. The tests compare the table
with the symbols that stand in the formulas of each place: one that is used where no meaning of it
is listed fails, as does a place that is listed and does not use it. So nobody gives a letter a
second meaning without opening the table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lessons.building import FOLDER, sources
from minigen.course.lesson import number_in
from minigen.files import write_atomically

TABLE: Final = FOLDER / "symbols.toml"
PAGE: Final = FOLDER.parent / "docs" / "symbols.md"
DERIVATIONS: Final = FOLDER.parent / "docs" / "derivations"

_GREEK: Final = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|"
    "sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|ell"
)
_ACCENT: Final = "hat|bar|tilde|dot|vec|widehat|overline|mathbf|mathcal|mathbb"

_CODE: Final = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_EXERCISES: Final = re.compile(r"^## Exercises$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_FORMULA: Final = re.compile(r"\$\$(.*?)\$\$|(?<!\\)\$([^$]+?)\$", re.DOTALL)
_WORDS: Final = re.compile(r"\\(?:text|mathrm|operatorname|begin|end|tag)\*?\{[^{}]*\}")
_SYMBOL: Final = re.compile(
    rf"(?:\\({_ACCENT})\s*\{{?\s*)?"
    rf"(\\(?:{_GREEK})(?![A-Za-z])|(?<![\\A-Za-z])[A-Za-z](?![A-Za-z]))"
)

_OPENING: Final = """\
# Symbols

<!-- Made by `python -m lessons symbols` of lessons/symbols.toml: change that. -->

What the symbols of the lessons and of the derivations mean. There are more things than letters, and
papers have taught everybody their own; so some letters have several meanings, each listed here with
the places where it holds. A lesson says what a symbol means where it first stands. Subscripts are
indices, unless they are named here.

A bar is a [cotangent](glossary.md#cotangent), but for two pages: the average of weights under
[Optimisers](derivations/optimizers.md), and the normalised weight under
[Spectral normalisation](derivations/spectral_norm.md). A hat is an estimate, a reconstruction or a
standardised value, a tilde something noisy or generated, and a star the best there is.
"""


@dataclass(frozen=True)
class Meaning:
    """What a symbol means, its shape, unit or range, and the places where it means that."""

    text: str
    unit: str
    places: tuple[str, ...]


def read(table: Path = TABLE) -> dict[str, list[Meaning]]:
    """Return the meanings of each symbol, which is written as in a formula."""
    symbols = tomllib.loads(table.read_text(encoding="utf-8"))
    return {
        symbol: [Meaning(entry["is"], entry["unit"], tuple(entry["in"])) for entry in entries]
        for symbol, entries in symbols.items()
    }


def documents() -> dict[str, Path]:
    """Return the sources of all places: lessons by their numbers, derivations by their names."""
    lessons = {number_in(source.stem): source for source in sources()}
    pages = {page.stem: page for page in sorted(DERIVATIONS.glob("*.md")) if page.stem != "index"}
    return lessons | pages


def symbols_in(text: str) -> set[str]:
    r"""Return the letters that stand in the formulas of a text, with their accents.

    Examples
    --------
    >>> sorted(symbols_in(r"The mean is $\bar x_n$, and `$y$` is code; $\mathrm{KL} \ge \tau$."))
    ['\\bar{x}', '\\tau', 'n']
    """
    return {
        f"\\{found[1]}{{{found[2]}}}" if found[1] else found[2]
        for formula in _formulas(text)
        for found in _SYMBOL.finditer(formula)
    }


def _formulas(text: str) -> Iterator[str]:
    for found in _FORMULA.finditer(_CODE.sub("", text)):
        yield _WORDS.sub(" ", found[1] or found[2])


def uses() -> dict[str, set[str]]:
    """Return the symbols that each place uses; a lesson's exercises have theirs for themselves."""
    return {
        place: symbols_in(_EXERCISES.sub("", source.read_text(encoding="utf-8")))
        for place, source in documents().items()
    }


def doubled(symbols: Mapping[str, list[Meaning]]) -> dict[str, list[str]]:
    """Return, for each place, the symbols that mean more than one thing within it."""
    found: dict[str, list[str]] = {}
    for symbol, meanings in symbols.items():
        places = [place for meaning in meanings for place in meaning.places]
        for place in sorted(set(places)):
            if places.count(place) > 1:
                found.setdefault(place, []).append(symbol)
    return dict(sorted(found.items()))


def page(symbols: Mapping[str, list[Meaning]]) -> str:
    """Return the page that shows the table."""
    parts = [_OPENING]
    for title, kind in (("Greek letters", _is_greek), ("Latin letters", _is_latin)):
        chosen = [symbol for symbol in symbols if kind(symbol)]
        parts.append(f"## {title}\n\n{_rows(chosen, symbols)}")
    others = [symbol for symbol in symbols if not _is_greek(symbol) and not _is_latin(symbol)]
    parts.append(f"## Script letters\n\n{_rows(others, symbols)}")
    lines = [
        f"- {_link(place)}: {', '.join(f'${symbol}$' for symbol in found)}"
        for place, found in doubled(symbols).items()
    ]
    parts.append("## Two meanings in one place\n\nTake care of these.\n\n" + "\n".join(lines))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _is_greek(symbol: str) -> bool:
    return symbol.startswith("\\") and "{" not in symbol


def _is_latin(symbol: str) -> bool:
    return len(symbol) == 1


def _rows(chosen: list[str], symbols: Mapping[str, list[Meaning]]) -> str:
    lines = ["| symbol | meaning | shape, unit or range | where |", "| --- | --- | --- | --- |"]
    for symbol in sorted(chosen, key=str.casefold):
        for number, meaning in enumerate(symbols[symbol]):
            name = f"${symbol}$" if number == 0 else ""
            places = ", ".join(map(_link, meaning.places))
            lines.append(f"| {name} | {meaning.text} | {_told(meaning.unit)} | {places} |")
    return "\n".join(lines)


def _told(unit: str) -> str:
    """Show shapes as code."""
    return re.sub(r"(\([A-Z2-4][^()]*\))", r"`\1`", unit)


def _link(place: str) -> str:
    """Link to a place from the folder of the page."""
    source = documents()[place]
    if source.parent == DERIVATIONS:
        title = source.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        return f"[{title}](derivations/{source.name})"
    return f"[{place}](../lessons/{source.parent.name}/{source.stem}.ipynb)"


def write() -> Path:
    """Write the page; return where."""
    write_atomically(PAGE, page(read()).encode())
    return PAGE
