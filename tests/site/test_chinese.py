"""The Chinese pages: nothing is missing or stale, and terms are those of the glossary."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("babel")

from docs.website import bilingual, catalogues, chinese, home
from docs.website.messages import messages, translated
from docs.website.places import REPOSITORY, places
from tests.docs.test_glossary import TERMS, TEXT

REMEDY = "run `python -m docs translations`, and translate what it lists in docs/locales"

FORMULA = r"\$[^$\n]+\$"
CHINESE = r"[\u3000-\u9fff\uff00-\uffef]"


@functools.cache
def translations() -> list[tuple[str, str, str]]:
    """Return every message of every page with its translation."""
    known = {name: catalogues.translations(name) for name in chinese.catalogued()}
    return [
        (name, text, known[name].get(text, ""))
        for name, texts in chinese.catalogued().items()
        for text in texts
    ]


def test_every_message_has_a_translation_of_its_present_text() -> None:
    assert list(chinese.missing()) == [], REMEDY


def test_no_catalogue_has_what_its_page_no_longer_says() -> None:
    wanted = chinese.catalogued()
    found = {
        path.relative_to(catalogues.FOLDER).with_suffix("").as_posix()
        for path in catalogues.FOLDER.rglob("*.po")
    }
    assert found == set(wanted), REMEDY
    for name, texts in wanted.items():
        assert set(catalogues.translations(name)) == set(texts), f"{name}: {REMEDY}"


def test_chinese_files_are_made_of_the_catalogues() -> None:
    assert {"README.zh-CN.md", "docs/documents/zh/index.md"} < set(chinese.files())
    for path in chinese.files():
        assert (REPOSITORY / path).read_text(encoding="utf-8") == chinese.file(path), REMEDY


def test_every_lesson_is_translated_or_said_not_to_be() -> None:
    translated_ones = {Path(page).stem for page in chinese.origins() if page.startswith("course/")}
    names = {folder.name for folder in REPOSITORY.glob("lessons/[0-9]*")}
    assert translated_ones - {"index"} == names - chinese.UNTRANSLATED
    assert names >= chinese.UNTRANSLATED


@pytest.mark.parametrize(
    "pattern", [FORMULA, r"`[^`]+`", r"\]\(([^)]*)\)"], ids=["formulas", "code", "links"]
)
def test_formulas_code_and_links_are_those_of_the_english_text(pattern: str) -> None:
    for name, text, translation in translations():
        if not name.startswith(("documents/", "index")):  # which have anchors, and names, of theirs
            found = [Counter(re.findall(pattern, each)) for each in (text, translation)]
            assert found[0] == found[1], (name, translation)


def test_no_formula_touches_a_chinese_character() -> None:
    """GitHub shows a formula as it is written unless a space or a Latin sign stands beside it."""
    for name, _, translation in translations():
        apart = re.sub(rf"(\S?{FORMULA}\S?)", r"\n\1\n", re.sub(r"`[^`]+`", "", translation))
        touching = rf"{CHINESE}{FORMULA}|{FORMULA}{CHINESE}"
        assert re.findall(touching, apart) == [], name


def test_terms_that_link_to_the_glossary_are_names_that_it_has() -> None:
    names = {term.anchor: {*term.chinese_names, *term.english_names} for term in TERMS}
    linked = re.compile(r"\[([^]]+)\]\((?:[\w./]*glossary\.md)#([\w-]+)\)")
    found = [pair for _, _, translation in translations() for pair in linked.findall(translation)]
    assert len(found) >= 15
    for text, anchor in found:
        assert text.strip("*") in names[anchor], anchor


def test_no_translation_uses_a_name_that_the_glossary_calls_misleading() -> None:
    misleading = {name for term in TERMS for name in term.misleading}
    accepted = {name for term in TERMS for name in term.chinese_names if name not in misleading}
    assert misleading
    for name, text, translation in translations():
        if not name.startswith("documents/"):  # which quote others
            plain = translation
            for term in sorted(accepted, key=len, reverse=True):
                plain = plain.replace(term, " ")
            assert not [term for term in misleading if term in plain], text


def test_an_english_name_of_the_glossary_is_translated_by_its_chinese_names() -> None:
    """Of what two words say, such as posterior collapse, no translation makes something else."""
    terms = {
        name.lower(): [*term.chinese_names, *term.english_names]
        for term in TERMS
        for name in term.english_names
        if " " in name
    }
    for name, text, translation in translations():
        said = [english for english in terms if english in text.lower()]
        for english in () if name.startswith("documents/") else said:
            if re.search(rf"(?<![\w-]){re.escape(english)}(?![\w-])", text.lower()):
                assert any(each in translation for each in terms[english]), (english, translation)


def test_what_was_changed_since_is_not_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    catalogues.update("page", ["A variance of one is large.", "Summary"], {"Summary": "小结"})
    assert catalogues.translations("page") == {"Summary": "小结"}
    known = {"A variance of one is large.": "方差取 1 过大。"}
    catalogues.update("page", ["A variance of one is large.", "Summary"], known)
    assert len(catalogues.translations("page")) == 2
    catalogues.update("page", ["A variance of two is large.", "Summary"], {})
    assert catalogues.translations("page") == {"Summary": "小结"}
    assert "方差取 1 过大。" in catalogues.path("page").read_text(encoding="utf-8")  # to be revised
    catalogues.update("page", ["Summary"], {})
    assert "方差" not in catalogues.path("page").read_text(encoding="utf-8")


def test_messages_are_pieces_of_prose_and_nothing_else() -> None:
    page = """---
hide-toc: true
---

# Title

Of images, about 15 in
100. Here is more.

> quoted
> in two lines

1. first
2. second

| a | b |
| --- | --- |
| 1 | c |

:::{container} box
inside
:::

$$
x = y
$$

```python
x = "no prose"
```
"""
    assert messages(page) == [
        "Title",
        "Of images, about 15 in 100. Here is more.",
        "quoted in two lines",
        "first",
        "second",
        "| a | b |",
        "| 1 | c |",
        "inside",
    ]
    assert translated(page, {"second": "第二"}).count("\n2. 第二\n") == 1
    assert translated("a\n\n" + page, {}).endswith(page[page.index("$$") :])


def test_the_chinese_glossary_has_every_entry_under_its_anchor() -> None:
    page = bilingual.chinese_glossary(TEXT)
    anchors = re.findall(r"^\(([^)]+)\)=$", page, re.MULTILINE)
    assert [anchor for anchor in anchors if anchor in {term.anchor for term in TERMS}] == [
        term.anchor for term in TERMS
    ]
    for term in TERMS:
        assert f"\n### {term.chinese} · {term.name}\n" in page
        (definition,) = (each for each in term.paragraphs[2:3])
        assert definition in page, term.name
    assert "Take care" not in page
    assert "Derivation" not in page


def test_of_a_lesson_there_are_the_opening_and_the_summary() -> None:
    prose = ["# A\n\n## The question\n\nWhy?", "So!\n\n## The idea", "## Summary\n\nB.\n\n## More"]
    cells = [{"cell_type": "markdown", "source": text} for text in prose]
    code = [{"cell_type": "code", "source": text} for text in ("shown", "left out")]
    found = chinese.excerpt([cells[0], code[0], cells[1], code[1], cells[2]])
    assert [cell["source"] for cell in found] == [prose[0], "shown", "So!", "## Summary\n\nB."]


def test_a_chinese_page_links_to_chinese_pages_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home, "filled", str)  # counting takes long
    english = [page for page in places().values() if not page.startswith("zh/")]
    sources = chinese.sources([*english, "ops/index.md", "api/index.rst"])
    assert set(sources) == {"zh/index.md", *(f"zh/{page}" for page in chinese.origins())}
    start = sources["zh/start.md"]
    assert "[English](../../documents/survey.md)" in sources["zh/documents/survey.md"]
    assert "](course/01-autograd.ipynb)" in start
    assert "](../engine.md)" in start
    assert start.startswith("# 快速上手\n")
    lesson = sources["zh/course/10-gan-on-paper.ipynb"]
    assert "](../glossary.md#squared-error)" in lesson
    assert '"alt": "“问题”一节中的图' in lesson
