from __future__ import annotations

import json
import math

import pytest

import minigen
from minigen.training.state import RunningAverages


def scalar(value: float) -> minigen.Tensor:
    return minigen.tensor(value)


def test_images_count_the_same_in_batches_of_all_sizes() -> None:
    averages = RunningAverages()
    for value, count in ((1.0, 128), (2.0, 128), (10.0, 3)):
        averages.add({"loss": scalar(value), "kl": scalar(value / 2)}, count)
    assert averages.values() == {}
    assert averages.read() is None
    expected = (128 + 256 + 30) / 259
    assert averages.values() == pytest.approx({"loss": expected, "kl": expected / 2})


def test_it_does_not_matter_when_they_are_read() -> None:
    often, once = RunningAverages(), RunningAverages()
    for number in range(10):
        for averages in (often, once):
            averages.add({"loss": scalar(number / 7)}, number + 1)
        often.read()
    once.read()
    assert often.values() == once.values()


def test_they_go_on_from_their_state() -> None:
    first, second = RunningAverages(), RunningAverages()
    first.add({"loss": scalar(1 / 3)}, 7)
    first.read()
    second.set_state(json.loads(json.dumps(first.get_state())))
    for averages in (first, second):
        averages.add({"loss": scalar(1 / 7)}, 3)
        averages.read()
    assert first.values() == second.values()
    assert first.get_state() == second.get_state()


@pytest.mark.parametrize("fault", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["loss", "kl"])
def test_the_first_batch_that_is_not_finite_is_numbered(fault: float, name: str) -> None:
    averages = RunningAverages()
    averages.add({"loss": scalar(1), "kl": scalar(1)}, 1)
    assert averages.read() is None
    for value in (2, 3, fault, 5, fault):
        averages.add({"loss": scalar(2), "kl": scalar(2)} | {name: scalar(value)}, 1)
    assert averages.read() == 2
    assert averages.values()[name] == 2  # of 1, 2 and 3
    assert averages.read() is None


def test_terms_keep_no_graph_alive() -> None:
    averages = RunningAverages()
    x = minigen.ones(3, requires_grad=True)
    averages.add({"loss": (x * x).sum()}, 1)
    (terms, _) = averages._unread[0]
    assert not terms["loss"].requires_grad
