"""`minigen gradcheck`."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

import minigen
from minigen import catalogue
from minigen.catalogue import Case
from minigen.catalogue.case import normal
from minigen.checker import GradReport
from minigen.cli import main


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@minigen.op
def _wrong_square(x: Any) -> Any:
    return x * x


@_wrong_square.vjp
def _wrong_square_vjp(g: Any, _out: Any, x: Any) -> tuple[Any]:
    return (g * x,)


def test_one_op_is_checked_and_its_row_shows_shapes_error_and_verdict() -> None:
    result = CliRunner().invoke(main, ["gradcheck", "softmax"])
    assert result.exit_code == 0, result.output
    row = next(line for line in result.stdout.splitlines() if "first axis" in line)
    assert "3x2x2" in row
    assert row.split()[-2:] == ["2", "right"]
    assert "2 of 2 right" in result.stdout


def test_the_order_can_be_chosen() -> None:
    result = CliRunner().invoke(main, ["gradcheck", "exp", "--order", "1"])
    assert "1  right" in result.stdout


def test_the_whole_catalogue_is_checked_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    right = catalogue.find("exp")[0].check(1)
    checked: list[tuple[Case, int]] = []

    def check(case: Case, order: int, device: str) -> GradReport:  # the real ones take long
        checked.append((case, order))
        return right

    monkeypatch.setattr(Case, "check", check)
    result = CliRunner().invoke(main, ["gradcheck", "--order", "1"])
    assert result.exit_code == 0, result.output
    assert checked == [(case, 1) for case in catalogue.CASES]
    count = len(catalogue.CASES)
    assert f"{count} of {count} right" in result.stdout


def test_a_wrong_gradient_is_reported_and_the_exit_status_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = Case("square", "op", _wrong_square, [normal(3)])
    monkeypatch.setattr(catalogue, "CASES", (*catalogue.find("exp"), wrong))
    result = CliRunner().invoke(main, ["gradcheck"])
    assert result.exit_code == 1
    assert "WRONG" in result.stdout
    assert "1 of 2 right" in result.stdout
    assert "half" in result.stdout or "1/2" in result.stdout or "0.5" in result.stdout


def test_an_unknown_name_is_a_usage_error_that_lists_the_names() -> None:
    result = CliRunner().invoke(main, ["gradcheck", "sofmax"])
    assert result.exit_code == 2
    assert "softmax" in result.output
