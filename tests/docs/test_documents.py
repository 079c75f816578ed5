"""docs/documents: every claim has its test, and the pages in both languages say the same.

What decides a claim stands in tests/docs/documents, in a file for each page.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from minigen.cli import main
from tests.docs.documents import pages

DOCUMENTS = {
    "survey": ("Survey", "概述"),
    "notes": ("Lecture notes", "听课笔记"),
    "pytorch_program": ("PyTorch", "PyTorch"),
    "keras_program": ("Keras", "Keras"),
    "autoencoders": ("Autoencoders", "自编码器"),
}
"""The pages of documents in their order, and their short names in both languages."""

TITLES = {
    "en": "| document | claim | verdict | test |",
    "zh": "| 文档 | 论断 | 结论 | 测试 |",
}
CHINESE_VERDICTS = {english: chinese for chinese, english in pages.VERDICTS.items()}
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HERE = Path(__file__).parent / "documents"

each_document = pytest.mark.parametrize("name", DOCUMENTS)
each_page = pytest.mark.parametrize("name", pages.names())
each_language = pytest.mark.parametrize("language", pages.LANGUAGES)


def decided_by(name: str) -> dict[str, str]:
    """Return the names of the tests that decide the claims of a page, by the claims'."""
    text = (HERE / f"test_{name}.py").read_text(encoding="utf-8")
    tests = re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)
    found = {test.split("_")[1].upper(): test for test in tests}
    assert len(found) == len(tests), f"test_{name}.py: two tests of one claim"
    return found


@each_document
def test_every_claim_has_its_test_and_every_test_its_claim(name: str) -> None:
    assert list(pages.claims(name, "en")) == sorted(
        decided_by(name), key=lambda claim: int(claim[1:])
    )


def table(language: str) -> str:
    """Return the table of claims as it should be, with the names of tests in words."""
    lines = [TITLES[language], "| --- | --- | --- | --- |"]
    for name, titles in DOCUMENTS.items():
        title = titles[pages.LANGUAGES.index(language)]
        tests = decided_by(name)
        for claim in pages.claims(name, language).values():
            verdict = claim.verdict if language == "en" else CHINESE_VERDICTS[claim.verdict]
            link = f"[{claim.name}]({name}.md#{pages.anchor(claim.heading)}) {claim.claim}"
            decided = tests[claim.name].split("_", 2)[2].replace("_", " ")
            lines.append(f"| {title} | {link} | {verdict} | {decided} |")
    return "\n".join(lines)


@each_language
def test_the_table_lists_every_claim_with_its_verdict_and_test(language: str) -> None:
    found = pages.page("claims", language)
    assert found[found.index("| ") :].strip() == table(language)


@each_document
@each_language
def test_every_claim_is_quoted_and_no_more_than_that(name: str, language: str) -> None:
    for claim in pages.claims(name, language).values():
        quoted = re.findall(r"^> (.+)$", claim.text, re.MULTILINE)
        assert len(quoted) == 1, claim.heading
        assert len(re.sub(FORMULA, "", quoted[0])) <= 80, claim.heading


@each_document
def test_both_languages_judge_alike(name: str) -> None:
    english, chinese = (pages.claims(name, language) for language in pages.LANGUAGES)
    assert list(english) == list(chinese)
    for claim in english.values():
        other = chinese[claim.name]
        assert other.verdict == claim.verdict
        assert sorted(pages.numbers(words(other.text))) == sorted(
            pages.numbers(words(claim.text))
        ), claim.name


def words(text: str) -> str:
    """Return a text without its formulas, links and numbers of lessons."""
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(FORMULA, "", text))
    return re.sub(r"[Ll]esson \d\d|第 \d\d 课", "", text)


@each_page
def test_both_languages_have_the_same_structure(name: str) -> None:
    english, chinese = (pages.page(name, language) for language in pages.LANGUAGES)
    for pattern in (r"^(#+) ", r"^> (.+)$", r"(```\w*)", r"`([^`\n]+)`"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, chinese)]
        assert sorted(found[0]) == sorted(found[1])
    assert sorted(map(plain, FORMULA.findall(outside_code(english)))) == sorted(
        map(plain, FORMULA.findall(outside_code(chinese)))
    )
    rows = [re.findall(r"^\|.*\|$", text, re.MULTILINE) for text in (english, chinese)]
    assert len(rows[0]) == len(rows[1])
    for row, other in zip(*rows, strict=True):
        assert row.count("|") == other.count("|")


def plain(formula: str) -> str:
    return " ".join(formula.split())


def outside_code(text: str) -> str:
    return re.sub(r"`[^`\n]+`", "", CODE.sub("", text))


@each_page
@each_language
def test_every_link_leads_somewhere(name: str, language: str) -> None:
    folder = pages.FOLDER if language == "en" else pages.FOLDER / language
    for target, anchor in re.findall(r"\]\(([\w./-]+)(?:#([\w-]+))?\)", pages.page(name, language)):
        path = folder / target
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(pages.anchor, headings), f"{target}#{anchor}"


@each_page
def test_no_formula_touches_a_chinese_character(name: str) -> None:
    """GitHub shows a formula as it is written unless a space or a Latin sign stands beside it."""
    text = pages.page(name, "zh")
    chinese = r"[\u3000-\u9fff\uff00-\uffef]"
    assert re.findall(rf"{chinese}\$[^$\n]+\$|\$[^$\n]+\${chinese}(?!\n)", split(text)) == []


def split(text: str) -> str:
    """Return a text with each of its formulas on a line of its own, with what touches it."""
    return re.sub(r"(\S?\$[^$\n]+\$\S?)", r"\n\1\n", outside_code(text))


@each_language
def test_the_table_of_systems_has_the_figures_of_the_results(language: str) -> None:
    results = (pages.FOLDER.parent / "results.md").read_text(encoding="utf-8")
    measured = pages.numbers(results.replace("|", " "))
    rows = re.findall(r"^\|.*`minigen .*\|$", pages.page("systems", language), re.MULTILINE)
    reached = [row.split("|")[4] for row in rows]
    figures = [number for cell in reached for number in re.findall(r"-?\d+\.\d+", cell)]
    assert len(figures) > 25
    assert [figure for figure in figures if figure not in measured] == []


COMMANDS = re.findall(r"`minigen ([^`]+)`", pages.page("systems", "en"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_is_understood(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "vae").mkdir(parents=True)
    (tmp_path / "runs" / "gan").mkdir()
    name, *arguments = shlex.split(command)
    context = main.commands[name].make_context(name, arguments)
    assert context.params
