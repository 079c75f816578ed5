"""`minigen exercise`."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from minigen.course import find_lesson, record

from .helpers import call, error

pytestmark = pytest.mark.host_only("answers are functions of NumPy's arrays")


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """The learner's file of lesson 01, with its stubs."""
    list(find_lesson(1).copy_to(tmp_path))
    return tmp_path / "01-autograd" / "exercises.py"


def test_stubs_are_put_where_they_are_missing_and_say_what_is_to_do(tmp_path: Path) -> None:
    output = call("exercise", "1", "--folder", tmp_path, status=1).output
    assert f"new: {tmp_path / '01-autograd' / 'exercises.py'}" in output
    assert "to do  unbroadcast (15 minutes)\n         sum g over the axes" in output
    assert output.endswith("0 of 4 right\nminigen exercise 01 --hint gives a hint.\n")


def test_a_wrong_answer_is_told_in_the_checkers_words(tmp_path: Path, answers: Path) -> None:
    stub = 'raise NotImplementedError("return the cotangent of x, in terms of g and out")'
    text = answers.read_text()
    assert stub in text
    answers.write_text(
        text.replace(stub, "import numpy as np\n    return (2 * g * (1 - np.exp(-out)),)")
    )
    output = call("exercise", "01", "--folder", tmp_path, status=1).output
    assert (
        "  wrong  softplus_rule (5 minutes)\n"
        "         d loss / d x is twice too large everywhere: is the batch summed twice?" in output
    )


def test_right_answers_end_with_status_0(tmp_path: Path, answers: Path) -> None:
    answers.write_bytes(find_lesson(1).solutions.read_bytes())
    output = call("exercise", "01", "--folder", tmp_path).output
    assert "new:" not in output
    assert output.endswith("4 of 4 right\n")


def test_answers_in_the_file_of_an_earlier_version_are_still_found(tmp_path: Path) -> None:
    answers = tmp_path / "exercises" / "lesson_01.py"
    answers.parent.mkdir()
    answers.write_bytes(find_lesson(1).solutions.read_bytes())
    output = call("exercise", "01", "--folder", tmp_path).output
    assert f"\n{answers}:\n" in output
    assert output.endswith("4 of 4 right\n")
    assert not (tmp_path / "01-autograd" / "exercises.py").exists()


def test_all_exercises_are_listed_with_their_states(tmp_path: Path, answers: Path) -> None:
    answers.write_text("def softplus_rule(g, out, x):\n    return (g,)\n")
    lines = call("exercise", "--folder", tmp_path).output.splitlines()
    rows = {line.split()[1]: line for line in lines if line.startswith("01 ")}
    assert list(rows) == ["softplus_rule", "unbroadcast", "walk_back", "descend"]
    assert rows["softplus_rule"].split()[2:7] == ["5", "wrong", "d", "loss", "/"]


def test_an_answer_that_was_right_in_a_notebook_counts(tmp_path: Path, answers: Path) -> None:
    record.remember(tmp_path, "answered", "01-walk_back", True)
    assert (
        "right  walk_back\n         in the notebook"
        in call("exercise", "1", "--folder", tmp_path, status=1).output
    )


def hinted(folder: Path, *name: str) -> str:
    return call("exercise", "01", "--hint", *name, "--folder", folder).output


def test_hints_are_given_one_at_a_time_and_remembered(tmp_path: Path) -> None:
    hints = [hinted(tmp_path, "descend").splitlines() for _ in range(4)]
    assert [lines[0] for lines in hints] == ["descend:"] * 4
    for number, lines in enumerate(hints[:3], 1):
        assert lines[1].startswith(f"  Hint {number} of 3: ")
    assert [line[:9] for line in hints[3] if line.startswith("  Hint")] == [
        *("  Hint 1:", "  Hint 2:", "  Hint 3:")
    ]
    assert hints[3][-1] == (
        "  There are no more hints; minigen exercise 01 --solutions shows the solutions."
    )


def test_without_a_name_the_hint_is_for_the_first_exercise_not_yet_right(
    tmp_path: Path, answers: Path
) -> None:
    assert hinted(tmp_path).startswith("softplus_rule:\n  Hint 1 of 3: ")
    record.remember(tmp_path, "answered", "01-softplus_rule", True)
    assert hinted(tmp_path).startswith("unbroadcast:\n  Hint 1 of 3: ")
    answers.write_bytes(find_lesson(1).solutions.read_bytes())
    assert hinted(tmp_path) == "All exercises of lesson 01 are right.\n"


def test_a_hint_to_no_exercise_is_an_error_of_use(tmp_path: Path) -> None:
    told = error("exercise", "1", "--hint", "ascend", "--folder", tmp_path, status=2)
    assert "has no exercise 'ascend'; it has softplus_rule, unbroadcast" in told
    assert "name a lesson" in error("exercise", "--hint", status=2)


def test_solutions_are_shown() -> None:
    assert "def walk_back(" in call("exercise", "1", "--solutions").output


def test_an_unknown_lesson_is_an_error_of_use(tmp_path: Path) -> None:
    assert "there is no lesson '99'" in error("exercise", "99", "--folder", tmp_path, status=2)


def test_a_lesson_without_exercises_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("minigen.course.exercises")
    monkeypatch.setattr(module, "exercises_of", lambda _lesson: [])
    assert "lesson 01 has no exercises" in error("exercise", "1", "--folder", tmp_path, status=1)
