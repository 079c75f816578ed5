from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from minigen.course import check, find_lesson, hint, record
from minigen.course.exercises import Exercise, State, Verdict, all_exercises, exercises_of
from minigen.course.expectations import AnswerError, expect_array
from minigen.course.lesson import Lesson


def check_double(answer: Any) -> None:
    expect_array(answer(3), 6, "double(3)")


EXERCISE = Exercise(Lesson("07", Path("07-trial.ipynb")), "double", check_double)


def answers(folder: Path) -> Path:
    """Make the folder for the answers to the lesson's exercises; return their file."""
    file = folder / "07-trial" / "exercises.py"
    file.parent.mkdir(exist_ok=True)
    return file


def verdict(folder: Path, text: str) -> Verdict:
    answers(folder).write_text(text)
    return EXERCISE.verdict(folder)


def test_an_exercise_is_known_by_its_lesson_and_name() -> None:
    assert str(EXERCISE) == "07-double"
    assert EXERCISE.lesson.answers_in(Path()) == Path("07-trial/exercises.py")


def test_without_a_file_it_is_to_do(tmp_path: Path) -> None:
    assert EXERCISE.verdict(tmp_path) == Verdict(State.TO_DO)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def double(x):\n    return 2 * x", Verdict(State.RIGHT)),
        (
            "def double(x):\n    raise NotImplementedError('add x to x')",
            Verdict(State.TO_DO, "add x to x"),
        ),
        ("def double(x):\n    return 7", Verdict(State.WRONG, "double(3) is 7, expected 6")),
        (
            "def double(x):\n    return x / 0",
            Verdict(
                State.WRONG,
                "it raised ZeroDivisionError: division by zero "
                "(exercises.py, line 2: return x / 0)",
            ),
        ),
        ("1 / 0", Verdict(State.WRONG, "it raised ZeroDivisionError: division by zero "
                          "(exercises.py, line 1: 1 / 0)")),
        (
            "\ndef double(x:",
            Verdict(State.WRONG, "exercises.py, line 2, is no Python: '(' was never closed"),
        ),
        (
            "def twice(x):\n    return 2 * x",
            Verdict(State.WRONG, "exercises.py has no double: has it been renamed?"),
        ),
        ("double = 3", Verdict(State.WRONG, "the answer is one int; write a function")),
    ],
)  # fmt: skip
def test_an_answer_is_judged(tmp_path: Path, text: str, expected: Verdict) -> None:
    assert verdict(tmp_path, text) == expected


def test_an_answer_may_use_dataclasses(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Pair:\n    x: int\n"
        "def double(x):\n    return 2 * Pair(x).x\n"
    )
    assert verdict(tmp_path, text).state is State.RIGHT


def test_an_answer_is_read_anew_each_time(tmp_path: Path) -> None:
    assert verdict(tmp_path, "def double(x):\n    return 5").state is State.WRONG
    assert verdict(tmp_path, "def double(x):\n    return 6").state is State.RIGHT


def test_running_a_wrong_answer_raises(tmp_path: Path) -> None:
    answers(tmp_path).write_text("double = abs")
    with pytest.raises(AnswerError, match="expected 6"):
        EXERCISE.run(tmp_path)


@pytest.mark.parametrize("earlier", ["exercises/lesson_07.py", "lesson_07.py"])
def test_an_answer_is_found_where_earlier_versions_put_it(tmp_path: Path, earlier: str) -> None:
    file = tmp_path / earlier
    file.parent.mkdir(exist_ok=True)
    file.write_text("def double(x):\n    return 2 * x")
    answers(tmp_path).write_text("def double(x):\n    raise NotImplementedError('the new stub')")
    assert EXERCISE.verdict(tmp_path).state is State.RIGHT
    EXERCISE.run(tmp_path)
    file.write_text("def double(x):\n    return 7")
    assert EXERCISE.verdict(tmp_path) == Verdict(State.WRONG, "double(3) is 7, expected 6")


def test_exercises_come_in_the_order_of_their_hints() -> None:
    names = [exercise.name for exercise in exercises_of(find_lesson(1))]
    assert names == ["softplus_rule", "unbroadcast", "walk_back", "descend"]
    assert [each.name for each in all_exercises() if each.lesson.number == "01"] == names


def test_a_lesson_without_checks_has_no_exercises() -> None:
    assert exercises_of(Lesson("99", Path("99-none.ipynb"))) == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a notebook takes for the learner's."""
    monkeypatch.setenv("MINIGEN_LESSONS", str(tmp_path))
    return tmp_path


def test_an_answer_is_checked_in_a_notebook(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def unbroadcast(g: Any, shape: Any) -> Any:
        raise NotImplementedError("sum g")

    check(unbroadcast)
    assert capsys.readouterr().out == "to do: sum g\n"

    def descend(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
        return []

    check(descend)
    assert capsys.readouterr().out.startswith("wrong: the parameter after five steps: it has not")
    assert record.read(folder) == {}


def test_a_right_answer_in_a_notebook_is_remembered(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = find_lesson(1)
    (exercise,) = [each for each in exercises_of(lesson) if each.name == "unbroadcast"]
    assert exercise.verdict(folder).state is State.TO_DO
    check(runpy.run_path(str(lesson.solutions))["unbroadcast"])
    assert capsys.readouterr().out == "right\n"
    assert exercise.verdict(folder) == Verdict(State.RIGHT, "in the notebook")


def test_hints_are_given_in_a_notebook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def unbroadcast(g: Any, shape: Any) -> Any: ...

    hint(unbroadcast)
    hint(unbroadcast)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Hint 1 of 3: ")
    assert second.startswith("Hint 2 of 3: ")
    assert record.read(folder) == {"hints": {"01-unbroadcast": 2}}


def test_a_function_that_is_no_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match="no exercise is called abs: has the function been"):
        check(abs)


def test_an_exercise_without_hints_says_so(tmp_path: Path) -> None:
    assert EXERCISE.next_hint(tmp_path) == "There are no hints for double."
