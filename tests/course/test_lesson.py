from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import minigen
from minigen.course import Lesson, find_lesson, lessons
from minigen.course.lesson import padded, working_folder


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A lesson of which there is a notebook and no more."""
    notebook = tmp_path / "home" / "07-trial" / "07-trial.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text('{"cells": [{"source": ["# Lesson 07: A trial\\n", "Words."]}]}')
    return Lesson("07", notebook)


def test_lessons_come_in_their_order_with_titles() -> None:
    numbers = [lesson.number for lesson in lessons()]
    assert numbers == sorted(numbers)
    assert lessons()[0].title == "Primer"


@pytest.mark.parametrize("number", [1, "1", "01"])
def test_a_lesson_is_found_by_its_number(number: str | int) -> None:
    assert find_lesson(number).number == "01"


def test_a_number_may_have_a_letter_and_then_comes_after_the_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minigen, "__file__", str(tmp_path / "minigen" / "__init__.py"))
    for name in ("03-layers", "03b-optimisation", "04-convolution", "notes"):
        notebook = tmp_path / "lessons" / name / f"{name}.ipynb"
        notebook.parent.mkdir(parents=True)
        notebook.write_text('{"cells": [{"source": ["# Lesson 03b: Optimisation\\n"]}]}')
    assert [lesson.number for lesson in lessons()] == ["03", "03b", "04"]
    assert find_lesson("3b").title == "Optimisation"
    assert [padded(number) for number in (3, "3B", "03b", "12")] == ["03", "03b", "03b", "12"]


def test_an_unknown_number_is_an_error_that_lists_the_numbers() -> None:
    with pytest.raises(ValueError, match="there is no lesson '99'; there are 00, 01"):
        find_lesson("99")


def test_the_title_is_the_heading_of_the_first_cell(lesson: Lesson) -> None:
    assert lesson.title == "A trial"


@pytest.mark.parametrize("text", ['{"cells": []}', '{"cells": [{"source": "# Trial"}]}'])
def test_a_notebook_without_a_heading_is_an_error(lesson: Lesson, text: str) -> None:
    lesson.notebook.write_text(text)
    with pytest.raises(ValueError, match=r"07-trial.ipynb: the first cell has no heading"):
        _ = lesson.title


def test_a_lesson_whose_notebook_is_still_to_be_built_has_the_title_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minigen, "__file__", str(tmp_path / "minigen" / "__init__.py"))
    source = tmp_path / "lessons" / "17-trial" / "17-trial.md"
    source.parent.mkdir(parents=True)
    source.write_text("# Lesson 17: A trial\n\nWords.\n")
    source.with_name("notes.md").write_text("# Notes\n")
    assert [(lesson.number, lesson.title) for lesson in lessons()] == [("17", "A trial")]


def test_what_is_missing_is_copied_and_what_is_there_is_left(tmp_path: Path) -> None:
    lesson, folder = find_lesson(1), tmp_path / "mine"
    answers = folder / "01-autograd" / "exercises.py"
    answers.parent.mkdir(parents=True)
    answers.write_text("# mine")
    copied = list(lesson.copy_to(folder))
    notebook = folder / "01-autograd" / "01-autograd.ipynb"
    assert copied == [notebook, folder / "test_exercises.py"]
    assert copied[0].read_bytes() == lesson.notebook.read_bytes()
    assert answers.read_text() == "# mine"
    assert list(lesson.copy_to(folder)) == []


def test_what_earlier_versions_copied_is_used_where_it_is(tmp_path: Path) -> None:
    lesson = find_lesson(1)
    notebook, answers = tmp_path / "01-autograd.ipynb", tmp_path / "exercises" / "lesson_01.py"
    answers.parent.mkdir()
    for file in (notebook, answers):
        file.write_text("mine")
    assert lesson.notebook_in(tmp_path) == notebook
    assert lesson.answers_in(tmp_path) == answers
    assert list(lesson.copy_to(tmp_path)) == [tmp_path / "test_exercises.py"]


def test_a_lesson_without_exercises_is_copied_without(lesson: Lesson, tmp_path: Path) -> None:
    notebook = tmp_path / "mine" / "07-trial" / "07-trial.ipynb"
    assert list(lesson.copy_to(tmp_path / "mine")) == [notebook]


def test_lessons_inside_the_package_come_first(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "minigen"
    monkeypatch.setattr(minigen, "__file__", str(package / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="incomplete"):
        lessons()
    for folder in (package.parent / "lessons", package / "course" / "lessons"):
        notebook = folder / "07-trial" / "07-trial.ipynb"
        notebook.parent.mkdir(parents=True)
        notebook.write_bytes(lesson.notebook.read_bytes())
        assert lessons() == [Lesson("07", notebook)]


def test_a_wheel_holds_the_lessons_where_they_are_looked_for() -> None:
    project = Path(str(minigen.__file__)).parent.parent
    with (project / "pyproject.toml").open("rb") as file:
        wheel = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"]["lessons"] == "minigen/course/lessons"
    assert (project / "lessons").is_dir()


def test_the_working_folder_can_be_chosen_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINIGEN_LESSONS", raising=False)
    assert working_folder() == Path("lessons")
    (tmp_path / "03b-optimisation").mkdir()
    monkeypatch.chdir(tmp_path / "03b-optimisation")  # where a notebook runs
    assert working_folder() == tmp_path
    monkeypatch.setenv("MINIGEN_LESSONS", "mine")
    assert working_folder() == Path("mine")
