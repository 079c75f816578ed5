from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import minigen
from minigen.course import figures, lessons, show_source
from minigen.course.lesson import helper_files

HELPER = '''"""Figures of lesson 03b."""

from dataclasses import dataclass


@dataclass
class Curve:
    """A curve, whose decorator looks its module up."""

    colour: str = "black"


def draw() -> str:
    """Return what is drawn."""
    return Curve().colour
'''


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the only lesson that there is."""
    monkeypatch.setattr(minigen, "__file__", str(tmp_path / "minigen" / "__init__.py"))
    folder = tmp_path / "lessons" / "03b-optimisation"
    folder.mkdir(parents=True)
    (folder / "03b-optimisation.ipynb").write_text('{"cells": []}')
    return folder


def test_the_helper_of_a_lesson_is_loaded_by_its_number(lesson: Path) -> None:
    (lesson / "figures.py").write_text(HELPER)
    assert figures("3b").draw() == "black"
    (lesson / "figures.py").write_text(HELPER.replace('"black"', '"brown"'))
    assert figures("03b").draw() == "brown"


def test_the_code_of_a_helper_can_be_shown(lesson: Path) -> None:
    (lesson / "figures.py").write_text(HELPER)
    ((place, code),) = show_source(figures("3b").draw).parts
    assert place == "lessons/03b-optimisation/figures.py"
    assert code.startswith("def draw()")


@pytest.fixture
def package(lesson: Path) -> Path:
    """A helper in two files, of which the first passes on what the second holds."""
    folder = lesson / "figures"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .curves import Curve, draw\n")
    (folder / "curves.py").write_text(HELPER)
    return folder


def test_a_helper_may_be_a_package_that_is_loaded_anew_with_its_modules(package: Path) -> None:
    assert figures("3b").draw() == "black"
    (package / "curves.py").write_text(HELPER.replace('"black"', '"vermilion"'))
    assert figures("3b").draw() == "vermilion"


def test_the_code_of_a_package_can_be_shown(package: Path) -> None:
    ((place, _),) = show_source(figures("3b").draw).parts
    assert place == "lessons/03b-optimisation/figures/curves.py"


def test_the_files_of_a_helper_are_found_in_either_form(package: Path) -> None:
    names = [path.name for path in helper_files(package.parent)]
    assert names == ["__init__.py", "curves.py"]
    (package.with_name("figures.py")).write_text(HELPER)
    assert [path.name for path in helper_files(package.parent)][-1] == "figures.py"
    assert helper_files(package) == []


def test_a_lesson_without_a_helper_is_an_error_that_names_its_folder(lesson: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"lesson 03b has no figures\.py; its folder is"):
        figures("3b")


def test_a_lesson_that_is_missing_is_an_error_that_lists_the_others(lesson: Path) -> None:
    with pytest.raises(ValueError, match="there is no lesson 7; there are 03b"):
        figures(7)


def test_the_helpers_of_lessons_are_loaded_without_an_error() -> None:
    with plt.rc_context():  # some choose a style for all figures
        for lesson in lessons():
            if lesson.figures.exists():
                assert figures(lesson.number).__doc__
