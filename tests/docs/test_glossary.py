"""The glossary: its links lead somewhere, its terms stand in both languages, its indexes are whole.

The page is written by hand. A test that fails on an index shows the lines that belong there.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest
from markdown_it.token import Token

from minigen.explanation import page_of
from minigen.explanation.pages import parser

DOCS = Path(__file__).parent.parent.parent / "docs"
TEXT = (DOCS / "glossary.md").read_text(encoding="utf-8")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
INDEXES = ("English index", "Chinese index")


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub and MyST give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@dataclass(frozen=True)
class Term:
    """An entry: the heading, and the paragraphs below it.

    The first paragraph names the term: the Chinese one in bold, then, between middle dots, others
    (又称), such as mislead (不宜), other English ones (also), and the symbol. The second defines it
    in English, the third in Chinese.
    """

    name: str
    paragraphs: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return anchor_of(self.name)

    def named(self, label: str, separator: str) -> list[str]:
        """Return the names behind a label in the first paragraph."""
        for part in self.paragraphs[0].split(" · "):
            if part.startswith(label):
                return part.removeprefix(label).split(separator)
        return []

    @property
    def chinese(self) -> str:
        found = re.match(r"\*\*([^*]+)\*\*", self.paragraphs[0])
        assert found, f"{self.name}: the Chinese term in bold comes first"
        return found[1]

    @property
    def english_names(self) -> list[str]:
        return [self.name, *self.named("also: ", ", ")]

    @property
    def misleading(self) -> list[str]:
        return self.named("不宜：", "、")

    @property
    def chinese_names(self) -> list[str]:
        return [self.chinese, *self.named("又称：", "、"), *self.misleading]


@dataclass(frozen=True)
class Group:
    """A subject: its English and Chinese titles, and its terms."""

    name: str
    chinese: str
    terms: tuple[Term, ...]


def read_groups() -> list[Group]:
    groups = []
    for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        opening, *entries = re.split(r"^### ", part, flags=re.MULTILINE)
        name, chinese = opening.strip().split("\n\n", maxsplit=1)
        terms = []
        for entry in entries:
            heading, *paragraphs = entry.strip().split("\n\n")
            terms.append(Term(heading, tuple(paragraphs)))
        groups.append(Group(name, chinese, tuple(terms)))
    return groups


GROUPS = [group for group in read_groups() if group.name not in INDEXES]
SECTIONS = {group.name: group.chinese for group in read_groups()}
TERMS = [term for group in GROUPS for term in group.terms]
HEADINGS = re.findall(r"^#+ (.*)$", TEXT, flags=re.MULTILINE)
CODE_NAMES = sorted(set(re.findall(r"`(minigen\.[\w.]+)`", TEXT)))


def inline_tokens() -> list[Token]:
    blocks = parser().parse(TEXT)
    return [token for block in blocks if block.type == "inline" for token in block.children or []]


def read_links() -> list[tuple[str, str]]:
    """Return the text and the target of every link."""
    tokens = inline_tokens()
    return [
        (tokens[i + 1].content, unquote(str(token.attrs["href"])))
        for i, token in enumerate(tokens)
        if token.type == "link_open"
    ]


LINKS = read_links()


def test_every_link_within_the_page_has_its_target() -> None:
    targets = {target[1:] for _, target in LINKS if target.startswith("#")}
    anchors = {anchor_of(heading) for heading in HEADINGS}
    assert targets - anchors == set()


def test_every_link_to_a_derivation_has_its_page_and_result() -> None:
    wrong = [
        (text, target)
        for text, target in LINKS
        if not target.startswith("#")
        and (text not in page_of() or target != f"derivations/{page_of()[text]}.md#{text}")
    ]
    assert wrong == []
    assert any(target.startswith("derivations/") for _, target in LINKS)


def imported(name: str) -> tuple[ModuleType, list[str]]:
    """Import the longest part of a dotted name that is a module, and return the rest."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            return importlib.import_module(".".join(parts[:end])), parts[end:]
        except ModuleNotFoundError:
            continue
    raise AssertionError(f"{name}: nothing of it can be imported")


@pytest.mark.parametrize("name", CODE_NAMES)
def test_every_name_of_code_is_public_and_can_be_imported(name: str) -> None:
    assert not any(part.startswith("_") for part in name.split("."))
    found, rest = imported(name)
    if rest and hasattr(found, "__all__"):
        assert rest[0] in found.__all__
    thing: object = found
    for part in rest:
        thing = getattr(thing, part)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_every_term_stands_in_both_languages(term: Term) -> None:
    assert all(CHINESE.search(name) or name == "β-VAE" for name in term.chinese_names)
    assert CHINESE.search(term.chinese)
    english, chinese = term.paragraphs[1:3]
    assert re.match(r"[A-Z$]", english)
    assert english.endswith(".")
    assert CHINESE.search(chinese)
    assert chinese.endswith("。")


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_every_warning_stands_in_both_languages(term: Term) -> None:
    quoted = [paragraph for paragraph in term.paragraphs if paragraph.startswith(">")]
    for quote in quoted:
        english, chinese = quote.split("\n>\n")
        assert english.startswith("> **Take care.** ")
        assert re.fullmatch(r"> \*\*注意：\*\* .*。", chinese)
    assert len(quoted) <= 1


def test_every_anchor_is_there_once() -> None:
    anchors = [anchor_of(heading) for heading in HEADINGS]
    assert sorted(anchors) == sorted(set(anchors))


def test_no_two_terms_have_one_name() -> None:
    english = [name.casefold() for term in TERMS for name in term.english_names]
    assert sorted(english) == sorted(set(english))
    chinese = [term.chinese for term in TERMS]
    assert sorted(chinese) == sorted(set(chinese))


def test_the_contents_list_every_section() -> None:
    contents = re.findall(r"^- \[(.*)\]\(#(.*)\) · (.*)$", TEXT.split("\n## ")[0], re.MULTILINE)
    assert [name for name, _, _ in contents] == list(SECTIONS)
    assert [anchor for _, anchor, _ in contents] == [anchor_of(name) for name in SECTIONS]
    for name, _, chinese in contents:
        assert SECTIONS[name].startswith(chinese)


def alphabetical(name: str) -> str:
    """Return what names are sorted by: letters without accents, great and small alike."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


def test_the_english_index_is_complete_and_sorted() -> None:
    entries = [(name, term) for term in TERMS for name in term.english_names]
    expected = [
        f"- [{name}](#{term.anchor}) · {term.chinese}"
        for name, term in sorted(entries, key=lambda entry: alphabetical(entry[0]))
    ]
    assert SECTIONS["English index"].strip().split("\n")[2:] == expected


def test_the_chinese_index_is_complete_and_in_the_order_of_the_page() -> None:
    expected = []
    for group in GROUPS:
        names = [
            f"[{name}](#{term.anchor}){'（不宜）' if name in term.misleading else ''}"
            for term in group.terms
            for name in term.chinese_names
        ]
        expected.append(f"- **{group.chinese}**：{' · '.join(names)}")
    assert SECTIONS["Chinese index"].strip().split("\n")[2:] == expected


def test_no_formula_touches_a_chinese_character() -> None:
    """GitHub shows a formula as it is written unless a space or a Latin sign stands beside it."""
    chinese = r"[\u3000-\u9fff\uff00-\uffef]"
    formula = r"\$[^$\n]+\$"
    assert re.findall(rf"{chinese}{formula}|{formula}{chinese}", TEXT) == []
    formulas = [token for token in inline_tokens() if token.type == "math_inline"]
    assert len(formulas) == TEXT.count("$") / 2
