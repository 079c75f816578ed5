"""The table of symbols: a meaning for every use, a use of every meaning, and the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons import symbols

TABLE = symbols.read()
USES = symbols.uses()


@pytest.mark.parametrize("place", USES)
def test_a_symbol_of_the_table_has_a_meaning_in_every_place_that_uses_it(place: str) -> None:
    listed = {
        symbol
        for symbol, meanings in TABLE.items()
        if any(place in meaning.places for meaning in meanings)
    }
    assert (USES[place] & TABLE.keys()) - listed == set(), (
        f"say in lessons/symbols.toml what these mean in {place}: a meaning that is there, or "
        "another one"
    )


@pytest.mark.parametrize("symbol", TABLE)
def test_every_meaning_has_places_and_each_of_them_uses_the_symbol(symbol: str) -> None:
    for meaning in TABLE[symbol]:
        assert meaning.places
        assert [place for place in meaning.places if symbol not in USES[place]] == []
        assert len(set(meaning.places)) == len(meaning.places)
        assert meaning.text
        assert meaning.unit


def test_greek_and_capital_letters_that_two_lessons_use_are_in_the_table() -> None:
    lessons = [found for place, found in USES.items() if place[0].isdigit()]
    letters = {
        symbol
        for symbol in set().union(*lessons)
        if re.fullmatch(r"\\[A-Za-z]+|[A-Z]|\\math(?:cal|bb)\{[A-Z]\}", symbol)
    }
    shared = {symbol for symbol in letters if sum(symbol in found for found in lessons) > 1}
    assert shared - TABLE.keys() == set()


def test_no_symbol_has_the_same_meaning_twice() -> None:
    for meanings in TABLE.values():
        texts = [meaning.text for meaning in meanings]
        assert len(set(texts)) == len(texts)


def test_the_page_is_made_of_the_table() -> None:
    assert symbols.PAGE.read_text(encoding="utf-8") == symbols.page(TABLE), (
        "run `python -m lessons symbols`"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"no formula: tau", set()),
        (r"$\tau$ and $$\sigma_j^2$$", {r"\tau", r"\sigma", "j"}),
        (r"$\mathbb{E}[\hat x]$", {r"\mathbb{E}", r"\hat{x}"}),
        (r"$\operatorname{softplus}(D)$", {"D"}),
        ("```python\nx = '$y$'\n```\nand `$z$`", set()),
        (r"five \$ and $a$", {"a"}),
    ],
)
def test_symbols_are_the_letters_of_formulas(text: str, found: set[str]) -> None:
    assert symbols.symbols_in(text) == found


def test_a_symbol_has_one_meaning_in_each_place_but_for_the_distance_that_all_call_w() -> None:
    assert symbols.doubled(TABLE) == {"12": ["W"], "wasserstein": ["W"]}


def test_a_symbol_with_two_meanings_in_one_place_is_told() -> None:
    table = {
        "D": [symbols.Meaning("a", "1", ("05", "06")), symbols.Meaning("b", "1", ("06",))],
        "K": [symbols.Meaning("c", "1", ("05",)), symbols.Meaning("d", "1", ("06",))],
    }
    assert symbols.doubled(table) == {"06": ["D"]}


def test_a_table_is_read(tmp_path: Path) -> None:
    file = tmp_path / "symbols.toml"
    file.write_text("[['\\tau']]\nis = 'a time'\nunit = 'seconds'\nin = ['05']\n", encoding="utf-8")
    assert symbols.read(file) == {r"\tau": [symbols.Meaning("a time", "seconds", ("05",))]}
