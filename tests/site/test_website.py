"""What the sources of the site are made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="to build the site, install minigen-numpy[docs]")

from docs.website import (
    code_pages,
    contributors,
    links,
    notebooks,
    references,
    settings,
    staging,
)
from docs.website.places import places
from minigen.explanation import implementers_of
from minigen.explanation.site import pages

PLACES = {"docs/engine.md": "engine.md", "lessons/README.md": "course/index.md"}


def test_a_link_leads_from_page_to_page() -> None:
    text = "[a](../../docs/engine.md#names) and [b](../README.md)"
    found = links.rewrite(text, "lessons/01/01.ipynb", "course/01.ipynb", PLACES)
    assert found == "[a](../engine.md#names) and [b](index.md)"


def test_addresses_and_anchors_stay_as_they_are() -> None:
    text = "[a](https://example.org/x.md) and [b](#here)"
    assert links.rewrite(text, "docs/engine.md", "engine.md", PLACES) == text


def test_a_link_to_a_file_that_is_not_on_the_site_is_refused() -> None:
    with pytest.raises(ValueError, match=r"engine\.md: the link to gone\.md leads to nothing"):
        links.rewrite("[a](gone.md)", "docs/engine.md", "engine.md", PLACES)


def test_a_figure_is_described_by_the_titles_and_labels_of_its_code() -> None:
    code = 'ax.set_title(f"The loss of {name}")\nax.set_xlabel("step")\nax.set_ylabel("nats")'
    assert notebooks.described(code, "The experiment") == (
        "Figure: The loss of …. Axes: step, nats. In the section The experiment."
    )
    code = 'draw_images(rows, title="Digits")\nax.set(title="Loss", xlabel="step", ylim=(0, 1))'
    assert notebooks.described(code, "The experiment") == (
        "Figure: Digits; Loss. Axes: step. In the section The experiment."
    )


def test_a_figure_that_a_function_draws_is_described_by_what_that_says() -> None:
    drawing = {"plane": "Draw where images lie in a plane.", "line": "Draw a line."}
    found = notebooks.described("draw.plane(model)\nplt.show()", "The idea", drawing)
    assert found == "Figure: Draw where images lie in a plane. In the section The idea."


def test_a_lesson_without_a_helper_has_no_functions_that_draw() -> None:
    assert notebooks.drawing_functions("") == {}
    assert notebooks.drawing_functions("99-none") == {}


def notebook(*outputs: object) -> str:
    cell = {"cell_type": "code", "source": "plt.title('A')", "metadata": {}, "outputs": outputs}
    prose = {"cell_type": "markdown", "source": ["## Seen\n", "text"], "metadata": {}}
    return json.dumps({"cells": [prose, cell], "metadata": {"widgets": {}}})


def test_a_notebook_is_shown_without_sliders_and_bars() -> None:
    slider = {"output_type": "display_data", "data": {notebooks.WIDGET: {}}}
    bar = "training: 100%|████| 40/40 [00:02<00:00, 23.9it/s]\nloss 3\n"
    stream = {"output_type": "stream", "name": "stdout", "text": [bar]}
    picture = {"output_type": "display_data", "data": {"image/png": "…"}}
    shown = json.loads(notebooks.prepared(notebook(slider, stream, picture), str.upper))
    prose, cell = shown["cells"]
    assert "widgets" not in shown["metadata"]
    assert prose["source"] == "## SEEN\nTEXT"
    assert [each["output_type"] for each in cell["outputs"]] == ["stream", "display_data"]
    assert cell["outputs"][0]["text"] == "loss 3"
    assert cell["metadata"]["mystnb"]["image"]["alt"] == "Figure: A. In the section Seen."


def test_a_lesson_can_be_taken_away() -> None:
    assert notebooks.actions("01-autograd") == (
        ":::{container} notebook-actions\n"
        "{download}`Download the notebook <../notebooks/01-autograd.ipynb>`\n:::"
    )


def test_a_lesson_opens_in_colab_if_it_is_said_where_colab_finds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "COLAB", "github/someone/minigen/blob/main")
    place = "github/someone/minigen/blob/main/lessons/01-autograd/01-autograd.ipynb"
    link = f"[Open it in Colab](https://colab.research.google.com/{place})"
    assert link in notebooks.actions("01-autograd")


def test_code_that_only_checks_or_draws_is_folded() -> None:
    text = json.loads(notebook())
    text["cells"].append({**text["cells"][1], "metadata": {"tags": ["check"]}})
    text["cells"].append({**text["cells"][1], "metadata": {"tags": ["hide-input"]}})
    *_, check, figure = json.loads(notebooks.prepared(json.dumps(text), str))["cells"]
    assert check["metadata"]["tags"] == ["check", "hide-input"]
    assert check["metadata"]["mystnb"]["code_prompt_show"] == "The check"
    assert figure["metadata"]["mystnb"]["code_prompt_show"] == "The code"


def test_cells_that_ask_for_a_prediction_or_compare_one_are_marked_so_that_they_wrap() -> None:
    text = json.loads(notebook())
    for source in ("guess = predict('How many?', yours=None)", "guess.compare(3)"):
        text["cells"].append({**text["cells"][1], "source": source, "metadata": {}})
    _, figure, asked, compared = json.loads(notebooks.prepared(json.dumps(text), str))["cells"]
    assert asked["metadata"]["tags"] == compared["metadata"]["tags"] == ["prediction"]
    assert "tags" not in figure["metadata"]


def test_how_a_lesson_is_written_is_not_on_the_way_of_those_who_read_it() -> None:
    course = Path("lessons/README.md").read_text(encoding="utf-8")
    page = contributors.sources()["writing-lessons.md"]
    assert page.startswith("# Writing a lesson\n")
    assert "## Writing a lesson" in course
    assert "Writing a lesson" not in contributors.without(course)
    assert "\n## Exercises" in contributors.without(course)
    assert "\n## The recipe\n" in page


def test_every_page_that_explain_knows_is_made() -> None:
    made = set(code_pages.sources())
    assert {f"{folder}/{name}.md" for folder, names in pages().items() for name in names} < made


def test_whatever_implements_a_result_is_shown_somewhere() -> None:
    for implementers in implementers_of().values():
        for implementer in implementers:
            name = references.full_name(implementer)
            public = name.rpartition(".")[0] in {*references.PUBLIC, "minigen"}
            known = id(implementer.target) in code_pages.entry_of()
            owner = name.rpartition(".")[0] in references.public_names().values()
            inside = implementer.name in references.internals() or name in references.PUBLIC
            assert public or known or owner or inside, name


def test_sources_are_gathered_and_what_is_none_is_deleted(tmp_path: Path) -> None:
    old = tmp_path / "gone.md"
    old.write_text("# Gone")
    staging.stage(tmp_path)
    assert not old.exists()
    assert all((tmp_path / page).is_file() for page in places().values())
    page = (tmp_path / "derivations" / "kl.md").read_text(encoding="utf-8")
    assert "```{code-cell} python\n" in page
    lesson = next((tmp_path / "course").glob("*.ipynb")).name
    original = next(Path("lessons").glob(f"*/{lesson}"))
    assert (tmp_path / "notebooks" / lesson).read_bytes() == original.read_bytes()
    before = (tmp_path / "engine.md").stat().st_mtime_ns
    staging.stage(tmp_path)
    assert (tmp_path / "engine.md").stat().st_mtime_ns == before
