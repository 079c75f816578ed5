from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import derivations
from minigen.derivations import CheckError, check


def test_a_check_that_passes_prints_its_error_and_is_noted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivations, "checked", [])
    check("some.result", [1.0, 200.0], np.array([1.0, 200.0 + 1e-9]))
    assert capsys.readouterr().out == "some.result: 2 numbers, largest relative error 5e-12\n"
    (outcome,) = derivations.checked
    assert (outcome.identifier, outcome.numbers, outcome.tolerance) == ("some.result", 2, 1e-10)
    assert outcome.error == pytest.approx(5e-12, rel=1e-3)


@pytest.mark.parametrize(
    ("expected", "found", "message"),
    [
        ([1.0], [1.0 + 1e-9], "x: relative error 1.0e-09 exceeds 1e-10"),
        (np.ones(2), np.ones((2, 1)), r"x: shape \(2,\) expected, got \(2, 1\)"),
        ([1.0], [np.nan], "x: relative error nan"),
        ((np.ones(2), np.ones(1)), (np.ones(2), np.zeros(1)), "x: relative error 1.0e"),
        ([np.float64(1.0), 2.0], [1.0, 2.0], "x: 2 arrays are expected, got 1; wrap numbers"),
    ],
)
def test_a_check_that_fails_says_by_how_much(expected: object, found: object, message: str) -> None:
    noted = list(derivations.checked)
    with pytest.raises(AssertionError, match=message):
        check("x", expected, found)
    assert derivations.checked == noted


def test_a_check_that_fails_says_what_it_found() -> None:
    with pytest.raises(CheckError) as raised:
        check("x", [2.0, 4.0], [2.0, 4.4], tolerance=0.01)
    assert raised.value.outcome.error == pytest.approx(0.1)
    assert raised.value.outcome.tolerance == 0.01


def test_tensors_scalars_and_several_arrays_are_compared() -> None:
    check("x", 3.0, minigen.tensor(3.0))
    check("x", (np.ones(2), np.zeros((1, 3))), (minigen.ones(2), minigen.zeros(1, 3)))
    check("x", np.zeros(0), minigen.zeros(0))


def test_a_tolerance_may_be_given_where_a_check_samples() -> None:
    check("x", [1.0], [1.01], tolerance=0.02)
