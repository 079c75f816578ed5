from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lessons import __main__ as command
from lessons import building

SOURCE = """# Lesson 01: Trial

Words, and $x^2$.

```{code-cell} python
:tags: [figure, hide-input]

import matplotlib.pyplot as plt

plt.plot([1, 2])
plt.show()
```

```{code-cell} python
from minigen.course import at_most

print(at_most(9))
```

```{code-cell} python
:tags: [check, full]

assert at_most(9) == 9
```
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One lesson in a folder of its own."""
    path = tmp_path / "01-trial" / "01-trial.md"
    path.parent.mkdir()
    path.write_text(SOURCE)
    monkeypatch.setattr(building, "FOLDER", tmp_path)
    return path


@pytest.fixture
def checkout(source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where a kernel finds this checkout's library."""
    paths = [str(Path(building.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return source


def test_sources_are_listed_and_their_notebooks_named(source: Path, tmp_path: Path) -> None:
    (source.parent / "notes.md").write_text("no lesson")
    assert building.sources() == [source]
    assert building.notebook_of(source) == tmp_path / "01-trial" / "01-trial.ipynb"


def test_a_source_becomes_cells_with_tags_and_lasting_names(source: Path) -> None:
    pytest.importorskip("jupytext")
    words, figure, fast, check = building.read(source).cells
    assert words.cell_type == "markdown"
    assert figure.metadata == {"tags": ["figure", "hide-input"], "jupyter": {"source_hidden": True}}
    assert fast.source.endswith("print(at_most(9))")
    assert check.metadata == {"tags": ["check", "full"], "jupyter": {"source_hidden": True}}
    source.write_text("More.\n\n+++\n\n" + SOURCE + "\n```{code-cell} python\nprint(9)\n```\n")
    assert [cell.id for cell in building.read(source).cells[1:4]] == [words.id, figure.id, fast.id]


def test_a_change_of_stubs_or_helper_makes_a_notebook_stale(source: Path) -> None:
    digests = {building.digest_of_source(source)}
    source.with_name("figures").mkdir()
    for name in ("exercises.py", "figures.py", "figures/curves.py"):
        (source.parent / name).write_text("x = 1\n")
        digests.add(building.digest_of_source(source))
    assert len(digests) == 4


def test_equal_cells_have_different_names(source: Path) -> None:
    pytest.importorskip("jupytext")
    source.write_text("```{code-cell} python\nx = 1\n```\n" * 2)
    first, second = building.read(source).cells
    assert second.id == f"{first.id}-2"


@pytest.mark.slow
def test_a_lesson_is_run_stamped_and_saved(checkout: Path, tmp_path: Path) -> None:
    pytest.importorskip("nbclient", reason="to run lessons, install minigen-numpy[lessons]")
    done = CliRunner().invoke(command.main, ["build", "1", "--figures", str(tmp_path / "figures")])
    assert done.exit_code == 0, done.output
    notebook = building.load(building.notebook_of(checkout))
    assert notebook["metadata"]["minigen"] == building.stamp(notebook, checkout)
    assert notebook["cells"][2]["outputs"][0]["text"] == ["9\n"]
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["01-trial-001.png"]
    assert str(tmp_path) not in building.notebook_of(checkout).read_text()


@pytest.mark.slow
def test_fast_mode_saves_nothing(checkout: Path) -> None:
    pytest.importorskip("nbclient", reason="to run lessons, install minigen-numpy[lessons]")
    done = CliRunner().invoke(command.main, ["build", "--fast"])
    assert done.exit_code == 0, done.output
    assert "not saved" in done.output
    assert not building.notebook_of(checkout).exists()


@pytest.mark.slow
def test_a_lesson_with_a_fault_is_not_saved(checkout: Path) -> None:
    pytest.importorskip("nbclient", reason="to run lessons, install minigen-numpy[lessons]")
    checkout.write_text(SOURCE.replace("print(at_most(9))", "1 / 0"))
    done = CliRunner().invoke(command.main, ["build"])
    assert done.exit_code == 1
    assert (
        "01-trial.md: cell 2 (from minigen.course import at_most): raised ZeroDivi" in done.output
    )
    assert not building.notebook_of(checkout).exists()


def test_a_number_that_no_lesson_has_is_an_error_of_use(source: Path) -> None:
    done = CliRunner().invoke(command.main, ["build", "17"])
    assert done.exit_code == 2
    assert "there is no lesson 17; there are 01" in done.output


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_a_figure_is_kept_in_256_colours_that_differ_little_from_its_own() -> None:
    shades = np.linspace(0, 255, 64 * 96 * 3).reshape(64, 96, 3).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 8, shades.shape, dtype=np.uint8)
    figure = Image.fromarray(shades // 2 + noise).convert("RGBA")
    reduced = building.with_palette(png(figure))
    assert len(reduced) < 0.7 * len(png(figure))
    with Image.open(io.BytesIO(reduced)) as picture:
        assert picture.mode == "P"
        shown = np.asarray(picture.convert("RGB"), dtype=float)
    assert np.abs(shown - np.asarray(figure.convert("RGB"), dtype=float)).mean() < 4


def test_a_figure_that_can_be_seen_through_is_kept_as_it_is() -> None:
    figure = png(Image.new("RGBA", (8, 8), (255, 0, 0, 128)))
    assert building.with_palette(figure) == figure


def test_a_figure_that_moves_keeps_all_its_frames() -> None:
    frames = [Image.new("RGB", (16, 16), (shade, 0, 255 - shade)) for shade in (0, 90, 255)]
    contents = io.BytesIO()
    frames[0].save(contents, "PNG", save_all=True, append_images=frames[1:])
    reduced = building.with_palette(contents.getvalue())
    with Image.open(io.BytesIO(reduced)) as picture:
        assert picture.n_frames == 3  # type: ignore[attr-defined]


def test_lessons_are_counted() -> None:
    pytest.importorskip("jupytext")
    done = CliRunner().invoke(command.main, ["count", "1"])
    assert done.exit_code == 0, done.output
    heading, row = done.output.splitlines()
    assert heading.split() == [
        *("lesson", "words", "lines", "all", "words", "all", "lines", "asserts", "figures"),
        "exercises",
    ]
    assert row.startswith("01-autograd")
    assert len(row.split()) == 8


def test_code_in_a_source_is_laid_out_and_prose_is_left(source: Path) -> None:
    pytest.importorskip("jupytext")
    untidy = "```python\nx=1\n```\n\n```{code-cell} python\n:tags: [figure]\nx=1\n```\n\n"
    source.write_text(untidy + "```{code-cell} python\ny = [1,2]\n```\n")
    done = CliRunner().invoke(command.main, ["format"])
    assert done.output == "laid out: 01-trial.md\n"
    assert source.read_text() == (
        "```python\nx=1\n```\n\n```{code-cell} python\n:tags: [figure]\n\nx = 1\n```\n\n"
        "```{code-cell} python\ny = [1, 2]\n```\n"
    )
    assert CliRunner().invoke(command.main, ["format"]).output == ""
