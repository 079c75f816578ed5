from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigen.course import predict, record


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which is not there yet."""
    monkeypatch.setenv("MINIGEN_LESSONS", str(tmp_path / "mine"))
    return tmp_path / "mine"


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_without_a_guess_the_question_is_asked_and_nothing_is_remembered(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prediction = predict("How many?", yours=None)
    assert "Write your guess in place of None, as a number" in printed(capsys)
    prediction.compare(34)
    assert printed(capsys) == "How many?\nMeasured: 34.\n"
    assert not folder.exists()


@pytest.mark.parametrize(
    ("yours", "measured", "said"),
    [
        (70, 34, "You predicted: 70. Measured: 34.\nToo high by 36, 106% of what was measured."),
        (0.5, np.float32(0.75), "You predicted: 0.5. Measured: 0.75.\nToo low by 0.25, 33% of"),
        (3, np.array(3), "Measured: 3.\nExactly."),
        (3, 0, "Measured: 0.\nToo high by 3.\n"),
    ],
)
def test_a_guess_is_compared_and_remembered(
    yours: float, measured: Any, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prediction = predict("How many?", yours=yours)
    assert f"You predict: {yours}." in printed(capsys)
    remembered = record.read(folder)["predictions"]["How many?"]
    assert remembered == {"yours": yours, "measured": None}
    prediction.compare(measured)
    assert said in printed(capsys)
    remembered = record.read(folder)["predictions"]["How many?"]
    assert remembered == {"yours": yours, "measured": float(measured)}


def test_a_choice_is_right_or_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    choices = ("sharper", "blurred")
    predict("What will it be?", choices=choices)
    said = printed(capsys)
    assert "Choices: 'sharper', 'blurred'." in said
    assert "as one of the choices" in said
    prediction = predict("What will it be?", yours="sharper", choices=choices)
    prediction.compare("blurred")
    assert printed(capsys).endswith("Measured: blurred.\nWhy is that? Read on.\n")
    prediction.compare("sharper")
    assert printed(capsys).endswith("You were right.\n")


def test_what_is_no_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match="yours is 'no', but the choices are yes, perhaps"):
        predict("Is it?", yours="no", choices=("yes", "perhaps"))
    with pytest.raises(ValueError, match="measured is 'no'"):
        predict("Is it?", choices=("yes", "perhaps")).compare("no")
    with pytest.raises(TypeError, match="yours is 'many'; a number is expected"):
        predict("How many?", yours="many")
    with pytest.raises(TypeError, match="measured is True"):
        predict("How many?").compare(True)


def test_predictions_of_many_lessons_are_remembered_side_by_side(folder: Path) -> None:
    predict("How many?", yours=3)
    predict("How large?", yours=2.5)
    record.remember(folder, "hints", "01-descend", 2)
    found = json.loads((folder / record.NAME).read_text())
    assert list(found["predictions"]) == ["How many?", "How large?"]
    assert found["hints"] == {"01-descend": 2}


@pytest.mark.parametrize("text", ["{", "[]", '{"hints": 3}'])
def test_a_record_that_is_none_is_an_error_that_says_how_to_mend_it(
    text: str, folder: Path
) -> None:
    folder.mkdir()
    (folder / record.NAME).write_text(text)
    with pytest.raises(ValueError, match="delete it to begin anew"):
        predict("How many?", yours=3)
