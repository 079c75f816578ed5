"""Pages of derivations, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from minigen.derivations import folder
from minigen.explanation import Cell, PageError, Prose, Result, all_pages, page_of
from minigen.explanation.pages import read

PAGE = r"""# Squares

Of $x$.

```{code-cell} python
first = 1
```

## Up

Some text.

$$
y = x^2
$$

- a list of $x$

### Further

:::{derivation} square
**Shapes:** $x$ is $(N)$.

$$
\boxed{y = x^2}
$$

A remark.
:::

```python
not_run = True
```

```{code-cell} python
second = 2
```

#### Deep

:::{derivation} square.grad
**Shapes:** as before.

$$
\boxed{\bar x = 2 x}
$$
:::

## Aside
"""


def test_a_page_is_read_into_sections_and_blocks() -> None:
    page = read("squares", PAGE)
    assert page.title == "Squares"
    assert [(section.title, section.level) for section in page.sections] == [
        ("Squares", 1),
        ("Up", 2),
        ("Further", 3),
        ("Deep", 4),
        ("Aside", 2),
    ]
    assert page.sections[0].blocks == (Prose("Of $x$."), Cell("first = 1\n", 1))
    assert page.sections[1].blocks == (Prose("Some text.\n\n$$\ny = x^2\n$$\n\n- a list of $x$"),)
    assert page.sections[2].blocks == (
        Result("square", "**Shapes:** $x$ is $(N)$.", r"\boxed{y = x^2}", "A remark."),
        Prose("```python\nnot_run = True\n```"),
        Cell("second = 2\n", 2),
    )
    assert [cell.number for cell in page.cells] == [1, 2]
    assert [result.identifier for result in page.results] == ["square", "square.grad"]


def test_a_results_section_comes_after_the_openings_of_those_around_it() -> None:
    page = read("squares", PAGE)
    assert [section.title for section in page.holding("square.grad")] == ["Up", "Further", "Deep"]
    assert [section.title for section in page.holding("square")] == ["Up", "Further"]
    with pytest.raises(PageError, match="squares: no result is called 'cube'"):
        page.holding("cube")


def test_a_result_is_markdown_again() -> None:
    (result,) = read("squares", PAGE).sections[2].results
    expected = "**`square`**\n\n**Shapes:** $x$ is $(N)$.\n\n$$\n\\boxed{y = x^2}\n$$\n\nA remark."
    assert result.markdown == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no heading", "a page begins with its heading"),
        ("", "a page begins with its heading"),
        ("text\n\n# Late", "a page begins with its heading"),
        ("# A\n\n:::{note} x\n**Shapes:** a\n\n$$\nb\n$$\n:::", "should be {derivation} and an"),
        ("# A\n\n:::{derivation} x\nno formula\n:::", "should be {derivation} and an"),
    ],
)
def test_a_page_that_is_not_written_as_it_should_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        read("squares", text)


def test_an_identifier_stands_on_one_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr("minigen.derivations.INSTALLED", tmp_path)
    with pytest.raises(PageError, match="square stands on a, and again on b"):
        page_of.__wrapped__()


def test_the_installed_pages_go_before_those_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder().name == "derivations"
    monkeypatch.setattr("minigen.derivations.INSTALLED", tmp_path)
    assert folder() == tmp_path


def test_pages_that_are_nowhere_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("INSTALLED", "CHECKOUT"):
        monkeypatch.setattr(f"minigen.derivations.{place}", tmp_path / place)
    with pytest.raises(PageError, match=r"neither in .*INSTALLED nor in .*CHECKOUT"):
        folder()


def test_all_pages_are_found() -> None:
    assert {"convolution", "kl", "gan"} <= set(all_pages())
    assert page_of()["conv2d.grad_weight"] == "convolution"
