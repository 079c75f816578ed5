"""Checks that are run there and then."""

from __future__ import annotations

import math

import pytest

import minigen
from minigen import catalogue, derivations
from minigen import functional as F
from minigen.explanation.explanation import check_definitions, check_gradients, run_cells

from .helpers import page, scale_rule

CHECK = "from minigen.derivations import check\n"


def test_gradients_are_checked_up_to_an_order() -> None:
    first, second = (check_gradients(catalogue.find("tanh"), order)[0] for order in (1, 2))
    assert first.passed
    assert first.error < 1e-8
    assert first.against == "finite differences, first order"
    assert second.against == "finite differences, both orders"
    assert first.code == first.failure == ""


@pytest.mark.usefixtures("cupy")
def test_gradients_are_checked_on_a_device() -> None:
    (check,) = check_gradients(catalogue.find("tanh"), 2, "cuda:0")
    assert check.passed
    assert check.against == "finite differences, both orders, cuda:0"


def test_directions_are_called_so() -> None:
    check, *_ = check_gradients(catalogue.find("Autoencoder"), 1)
    assert check.against == "finite differences, first order, random directions"


def test_a_wrong_gradient_fails_with_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    scale_rule(monkeypatch, F.tanh, 1.5)
    (check,) = check_gradients(catalogue.find("tanh"), 1)
    assert not check.passed
    assert check.error == pytest.approx(0.5, rel=1e-3)
    assert "wrong gradient" in check.failure


def test_results_are_checked_by_their_definitions() -> None:
    cells = (f"{CHECK}check('a', [1.0, 2.0], [1.0, 2.0])", "check('b', 1.0, 1.01, tolerance=0.1)")
    a, b = check_definitions(page(*cells), ["b", "a"])
    assert (a.title, a.passed, a.error, a.against) == ("a", True, 0.0, "its definition, 2 numbers")
    assert b.against == "its definition, 1 number, tolerance 1e-01"
    assert b.error == pytest.approx(0.01)
    assert b.code == "check('b', 1.0, 1.01, tolerance=0.1)\n"


def test_cells_after_the_last_wanted_check_are_not_run() -> None:
    sheet = page(f"{CHECK}check('a', 1.0, 1.0)", "raise RuntimeError")
    (check,) = check_definitions(sheet, ["a"])
    assert check.passed


def test_cells_that_have_been_run_are_not_run_again() -> None:
    sheet = page(f"{CHECK}check('a', 1.0, 1.0)")
    runs = list(run_cells(sheet))
    derivations.checked.clear()
    (check,) = check_definitions(sheet, ["a"], runs)
    assert check.passed
    assert derivations.checked == []


def test_the_worst_of_several_checks_counts() -> None:
    sheet = page(f"{CHECK}check('a', 1.0, 1.0)\ncheck('a', 1.0, 1.0 + 1e-12)\ncheck('a', 1.0, 1.0)")
    (check,) = check_definitions(sheet, ["a"])
    assert check.error == pytest.approx(1e-12, rel=1e-3)


def test_a_check_that_fails_says_by_how_much_and_later_ones_are_not_reached() -> None:
    sheet = page(f"{CHECK}check('a', 1.0, 1.0)\ncheck('b', 2.0, 3.0)", "check('c', 1.0, 1.0)")
    a, b, c = check_definitions(sheet, ["a", "b", "c"])
    assert a.passed
    assert not b.passed
    assert b.error == 0.5
    assert b.failure == "b: relative error 5.0e-01 exceeds 1e-10"
    assert not c.passed
    assert math.isnan(c.error)
    assert c.failure.startswith("cell 1 of the page sheet raises CheckError: b: relative error")


def test_a_result_checked_before_and_wrong_later_is_wrong() -> None:
    sheet = page(f"{CHECK}check('a', 1.0, 1.0)\ncheck('a', 2.0, 3.0)\ncheck('b', 1.0, 1.0)")
    (check,) = check_definitions(sheet, ["a"])
    assert not check.passed


def test_a_cell_that_raises_fails_what_is_not_yet_checked() -> None:
    (check,) = check_definitions(page("undefined"), ["a"])
    assert not check.passed
    assert check.against == "its definition, not reached"
    assert check.failure == (
        "cell 1 of the page sheet raises NameError: name 'undefined' is not defined"
    )


def test_a_page_that_does_not_check_a_result_fails_it() -> None:
    (check,) = check_definitions(page("pass"), ["a"])
    assert (check.passed, check.failure) == (False, "the page does not check it")


def test_cells_print_nothing_and_leave_the_default_generator_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = minigen.rand(2).tolist()
    minigen.manual_seed(0)
    runs = list(
        run_cells(page("print('loud')", "import minigen\nminigen.rand(3)\nminigen.manual_seed(5)"))
    )
    assert [run.error for run in runs] == [None, None]
    assert [run.printed for run in runs] == ["loud\n", ""]
    assert capsys.readouterr().out == ""
    assert minigen.rand(2).tolist() == before
