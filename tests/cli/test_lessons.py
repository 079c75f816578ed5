"""`minigen lessons`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minigen.course import find_lesson
from minigen.course.lesson import home

from .helpers import call, error

pytestmark = pytest.mark.host_only("answers are functions of NumPy's arrays")


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that were started, none of them really, and the folder that they were told."""
    programs: list[list[str]] = []

    def start(program: list[str], env: dict[str, str]) -> int:
        programs.append([*program, env["MINIGEN_LESSONS"]])
        return 0

    monkeypatch.setattr(subprocess, "call", start)
    return programs


def row(output: str, number: str) -> str:
    return next(line for line in output.splitlines() if line.startswith(f"{number} "))


def test_lessons_are_listed_with_how_far_one_is(tmp_path: Path) -> None:
    assert row(call("lessons", "--folder", tmp_path).output, "01").split() == [
        *("01", "Autograd", "not", "copied", "yet", "0", "of", "4", "right")
    ]


def test_a_copied_notebook_and_right_answers_are_seen(tmp_path: Path) -> None:
    lesson = find_lesson(1)
    list(lesson.copy_to(tmp_path))
    lesson.answers_in(tmp_path).write_bytes(lesson.solutions.read_bytes())
    output = call("lessons", "--folder", tmp_path).output
    assert f"Your folder: {tmp_path}\n" in output
    assert "01-autograd.ipynb" in row(output, "01")
    assert row(output, "01").endswith("4 of 4 right")


def test_a_narrow_terminal_cuts_nothing_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    list(find_lesson(3).copy_to(tmp_path))
    output = call("lessons", "--folder", tmp_path).output
    assert "…" not in output
    assert row(output, "03").split()[-5:] == ["03-layers.ipynb", "0", "of", "4", "right"]


def test_the_published_folder_is_a_working_folder_too() -> None:
    assert "01-autograd.ipynb" in row(call("lessons", "--folder", home()).output, "01")


def test_a_lesson_is_copied_and_opened(
    tmp_path: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    notebook = tmp_path / "01-autograd" / "01-autograd.ipynb"
    assert f"new: {notebook}" in call("lessons", "1", "--folder", tmp_path).output
    assert started == [[sys.executable, "-m", "jupyterlab", str(notebook), str(tmp_path)]]
    assert "new:" not in call("lessons", "01", "--folder", tmp_path).output


def test_a_notebook_that_an_earlier_version_copied_is_opened_where_it_is(
    tmp_path: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    notebook = tmp_path / "01-autograd.ipynb"
    notebook.write_bytes(find_lesson(1).notebook.read_bytes())
    assert f"new: {notebook}" not in call("lessons", "1", "--folder", tmp_path).output
    assert started == [[sys.executable, "-m", "jupyterlab", str(notebook), str(tmp_path)]]
    assert "01-autograd.ipynb" in row(call("lessons", "--folder", tmp_path).output, "01")


def test_without_jupyter_the_extra_to_install_is_named(
    tmp_path: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_name: str) -> Any:
        return None

    monkeypatch.setattr("importlib.util.find_spec", nothing)
    told = error("lessons", "1", "--folder", tmp_path, status=1)
    assert "python -m pip install 'minigen-numpy[lessons]'" in told
    assert started == []


def test_an_unknown_lesson_is_an_error_of_use(tmp_path: Path) -> None:
    assert "there is no lesson '99'" in error("lessons", "99", "--folder", tmp_path, status=2)
