from __future__ import annotations

import math
import signal
import threading

import pytest

import minigen
from minigen import nn
from minigen.training.errors import SIGNALS, Interruption, find_cause


def test_an_op_that_made_the_first_fault_is_named_with_shape_and_line() -> None:
    x = minigen.zeros(2, 3) - 1
    cause = find_cause(nn.Identity(), x.sqrt)
    assert cause.startswith("sqrt made nan at index (0, 0) (got float32 (2, 3))")
    assert "test_errors.py" in cause


def test_a_gradient_rule_is_named() -> None:
    x = minigen.zeros(3, requires_grad=True)
    cause = find_cause(nn.Identity(), lambda: x.sqrt().sum().backward())
    assert "the gradient rule of sqrt made inf" in cause


def test_parameters_that_were_broken_before_are_named() -> None:
    model = nn.Sequential(nn.Dense(2, 2), nn.Dense(2, 1))
    with minigen.no_grad():
        next(iter(model.parameters()))[0, 0] = math.nan
    cause = find_cause(model, lambda: model(minigen.ones(1, 2)))
    assert cause.startswith("the update before left 0.weight not finite; then linear made nan")


def test_a_fault_that_does_not_return_is_said_not_to() -> None:
    assert "made finite values only" in find_cause(nn.Identity(), minigen.ones(3).log)


def test_a_single_number_is_described_too() -> None:
    cause = find_cause(nn.Identity(), minigen.tensor(-1.0).sqrt)
    assert cause.startswith("sqrt made nan (got float32 ())")


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted(number: signal.Signals) -> None:
    with Interruption() as interruption:
        assert not interruption.requested
        signal.raise_signal(number)
        assert interruption.requested


def test_the_second_signal_stops_at_once() -> None:
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert interruption.requested


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interruption():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
    with Interruption():
        signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_in_another_thread_signals_are_left_alone() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    seen: list[object] = []

    def work() -> None:
        with Interruption() as interruption:
            seen.extend(signal.getsignal(number) for number in SIGNALS)
            seen.append(interruption.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [*before, False]
