"""What is changed on every page before it is written."""

from __future__ import annotations

from typing import Any

import pytest

nodes = pytest.importorskip("docutils.nodes")
pytest.importorskip("sphinx")

from docs.website import rewriting  # noqa: E402 - needs Sphinx


def document(*children: Any) -> Any:
    from docutils.utils import new_document

    made = new_document("page")
    made.extend(children)
    return made


def section(title: str, *children: Any) -> Any:
    return nodes.section("", nodes.title(title, title), *children, ids=["here"])


def test_a_deeper_section_becomes_a_box_that_keeps_its_anchor() -> None:
    text = nodes.paragraph("", "Proof.")
    page = document(section("Deeper: why", text), section("Plain"))
    rewriting.fold_deeper(None, page, "")
    deeper, plain = page.children
    shapes = [each.astext() if isinstance(each, nodes.raw) else each for each in deeper]
    assert shapes[0] == '<details class="deeper"><summary>'
    assert shapes[1].astext() == "Deeper: why"
    assert shapes[2] == "</summary>"
    assert shapes[3] is text
    assert shapes[4] == "</details>"
    assert deeper["ids"] == ["here"]
    assert len(plain) == 1


@pytest.mark.parametrize(
    ("before", "after", "kept", "rest"),
    [
        ("of ", ", and", ("", ","), ("of ", " and")),
        ("all (", "), then", ("(", "),"), ("all ", " then")),
        ("the ", "-th, or", ("", "-th,"), ("the ", " or")),
        ("", "\u2019s slope", ("", "\u2019s"), ("", " slope")),
        ("of ", " and", None, ("of ", " and")),
    ],
)
def test_a_formula_keeps_the_punctuation_that_touches_it(
    before: str, after: str, kept: tuple[str, str] | None, rest: tuple[str, str]
) -> None:
    formula = nodes.math("x", "x")
    paragraph = nodes.paragraph("", "", nodes.Text(before), formula, nodes.Text(after))
    rewriting.keep_together(None, document(paragraph), "")
    assert (str(paragraph[0]), str(paragraph[2])) == rest
    if kept is None:
        assert paragraph[1] is formula
    else:
        assert paragraph[1]["classes"] == ["together"]
        assert [str(paragraph[1][0]), str(paragraph[1][2])] == list(kept)
        assert paragraph[1][1] is formula
