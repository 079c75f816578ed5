"""Learning-rate schedules."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from minigen import nn, optim
from minigen.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
    StepLR,
)


def _optimizer(*rates: float) -> optim.Optimizer:
    groups = [{"params": [nn.Parameter([1.0])], "lr": rate} for rate in rates or (1.0,)]
    return optim.SGD(groups)


def _warm_up_and_decay(optimizer: optim.Optimizer) -> LRScheduler:
    parts = [LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)]
    return SequentialLR(optimizer, parts, milestones=[2])


Make = Callable[[optim.Optimizer], LRScheduler]

CASES: list[tuple[Make, list[float]]] = [
    (lambda o: StepLR(o, 2, gamma=0.5), [1, 1, 0.5, 0.5, 0.25]),
    (lambda o: MultiStepLR(o, [3, 1, 1], gamma=0.5), [1, 0.25, 0.25, 0.125, 0.125]),
    (lambda o: ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
    (
        lambda o: CosineAnnealingLR(o, T_max=4, eta_min=0.5),
        [1, 0.75 + 0.25 * math.sqrt(0.5), 0.75, 0.75 - 0.25 * math.sqrt(0.5), 0.5],
    ),
    (lambda o: CosineAnnealingLR(o, T_max=2), [1, 0.5, 0, 0.5, 1]),
    (lambda o: LinearLR(o, 0.25, 1.0, total_iters=3), [0.25, 0.5, 0.75, 1, 1]),
    (lambda o: LambdaLR(o, lambda epoch: 1 / (epoch + 1)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
    (_warm_up_and_decay, [0.5, 0.75, 1, 0.5, 0.25]),
]


@pytest.mark.parametrize(("make", "rates"), CASES)
def test_rates_follow_the_formula(make: Make, rates: list[float]) -> None:
    optimizer = _optimizer()
    schedule = make(optimizer)
    for epoch, rate in enumerate(rates):
        assert schedule.last_epoch == epoch
        assert schedule.get_last_lr() == pytest.approx([rate], abs=1e-15)
        assert optimizer.param_groups[0]["lr"] == schedule.get_last_lr()[0]
        schedule.step()


def test_each_group_starts_from_its_own_rate() -> None:
    optimizer = _optimizer(1.0, 0.5)
    schedule = StepLR(optimizer, 1, gamma=0.5)
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]
    assert schedule.base_lrs == [1.0, 0.5]


@pytest.mark.parametrize(("make", "rates"), CASES)
def test_a_resumed_schedule_gives_the_same_rates_bit_by_bit(make: Make, rates: list[float]) -> None:
    through = make(_optimizer())
    for _ in range(3):
        through.step()
    saved = json.loads(json.dumps(through.state_dict()))
    resumed = make(_optimizer(9.0))
    resumed.load_state_dict(saved)
    assert resumed.get_last_lr() == through.get_last_lr()
    through.step()
    resumed.step()
    assert resumed.get_last_lr() == through.get_last_lr()


def test_optimiser_and_schedule_resume_in_either_order() -> None:
    optimizer = _optimizer()
    schedule = ExponentialLR(optimizer, 0.5)
    schedule.step()
    saved, progress = optimizer.state_dict(), schedule.state_dict()
    for schedule_first in (True, False):
        resumed = _optimizer(7.0)
        if schedule_first:
            again = ExponentialLR(resumed, 0.5)
            again.load_state_dict(progress)
            resumed.load_state_dict(saved)
        else:
            resumed.load_state_dict(saved)
            again = ExponentialLR(resumed, 0.5)
            again.load_state_dict(progress)
        assert again.get_last_lr() == [0.5]
        again.step()
        assert again.get_last_lr() == [0.25]


def test_each_group_can_have_its_function() -> None:
    schedule = LambdaLR(_optimizer(1.0, 1.0), [lambda epoch: epoch, lambda _: 2.0])
    schedule.step()
    assert schedule.get_last_lr() == [1, 2]


def test_rates_can_be_asked_for_ahead() -> None:
    schedule = ExponentialLR(_optimizer(), 0.5)
    assert schedule.rates(3) == [0.125]
    assert schedule.get_last_lr() == [1]


def test_the_number_of_functions_is_that_of_the_groups() -> None:
    with pytest.raises(ValueError, match=r"LambdaLR: 2 functions are expected.*got 1"):
        LambdaLR(_optimizer(1.0, 1.0), [lambda _: 1.0])


@pytest.mark.parametrize("state", [{}, {"last_epoch": 3}, {"last_epoch": 3, "base_lrs": [1, 1]}])
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(state: dict[str, Any]) -> None:
    schedule = ExponentialLR(_optimizer(), 0.5)
    with pytest.raises(ValueError, match=r"ExponentialLR.load_state_dict: last_epoch.*1 groups"):
        schedule.load_state_dict(state)
    assert (schedule.last_epoch, schedule.get_last_lr()) == (0, [1.0])


def test_options_out_of_range_are_refused() -> None:
    optimizer = _optimizer()
    with pytest.raises(ValueError, match="StepLR: step_size must be positive"):
        StepLR(optimizer, 0)
    with pytest.raises(ValueError, match="CosineAnnealingLR: T_max must be positive"):
        CosineAnnealingLR(optimizer, T_max=0)
    with pytest.raises(ValueError, match="LinearLR: total_iters must be positive"):
        LinearLR(optimizer, total_iters=0)
    for start, end in ((0.0, 1.0), (1.5, 1.0), (0.5, 1.5), (0.5, -0.1)):
        with pytest.raises(ValueError, match="LinearLR: start_factor in"):
            LinearLR(optimizer, start, end)


def test_a_line_may_end_at_zero() -> None:
    schedule = LinearLR(_optimizer(), 1.0, 0.0, total_iters=2)
    rates = [schedule.get_last_lr()]
    for _ in range(3):
        schedule.step()
        rates.append(schedule.get_last_lr())
    assert rates == [[1.0], [0.5], [0.0], [0.0]]


def test_a_milestone_at_the_start_has_been_reached() -> None:
    schedule = MultiStepLR(_optimizer(), [0, 2], 0.5)
    assert schedule.get_last_lr() == [0.5]
    schedule.step()
    assert schedule.get_last_lr() == [0.5]
    schedule.step()
    assert schedule.get_last_lr() == [0.25]


def test_schedules_follow_one_another_from_the_first_epoch_on() -> None:
    optimizer = _optimizer()
    parts = [ExponentialLR(optimizer, 0.5), ExponentialLR(optimizer, 0.1)]
    schedule = SequentialLR(optimizer, parts, milestones=[1])
    assert schedule.get_last_lr() == [1.0]
    schedule.step()
    assert schedule.get_last_lr() == [1.0]
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.1])


def test_of_three_schedules_the_last_counts_from_the_second_milestone() -> None:
    optimizer = _optimizer()
    parts = [ExponentialLR(optimizer, factor) for factor in (0.5, 0.25, 0.125)]
    schedule = SequentialLR(optimizer, parts, milestones=[1, 3])
    ahead = [schedule.rates(epoch)[0] for epoch in range(5)]
    assert ahead == [1.0, 1.0, 0.25, 1.0, 0.125]


@pytest.mark.parametrize(
    ("made", "spelled_out"),
    [
        (lambda o: StepLR(o, 1), lambda o: StepLR(o, 1, gamma=0.1)),
        (lambda o: MultiStepLR(o, [1]), lambda o: MultiStepLR(o, [1], gamma=0.1)),
        (LinearLR, lambda o: LinearLR(o, 1 / 3, 1.0, total_iters=5)),
        (
            lambda o: CosineAnnealingLR(o, T_max=3),
            lambda o: CosineAnnealingLR(o, T_max=3, eta_min=0.0),
        ),
    ],
)
def test_what_is_not_said_is_pytorchs_default(made: Make, spelled_out: Make) -> None:
    default, expected = made(_optimizer()), spelled_out(_optimizer())
    for epoch in range(7):
        assert default.rates(epoch) == expected.rates(epoch)


def test_a_group_that_came_later_has_no_function_and_is_not_passed_over() -> None:
    optimizer = _optimizer()
    schedule = LambdaLR(optimizer, lambda _: 0.5)
    optimizer.add_param_group({"params": [nn.Parameter([1.0])], "initial_lr": 1.0})
    with pytest.raises(ValueError, match="shorter"):
        schedule.rates(1)


def test_a_schedule_of_ones_own_must_give_a_rate_to_every_group() -> None:
    class First(LRScheduler):
        def rates(self, epoch: int) -> list[float]:  # noqa: ARG002 - the same in every epoch
            return [0.5]

    with pytest.raises(ValueError, match="shorter"):
        First(_optimizer(1.0, 1.0))


@pytest.mark.parametrize("milestones", [[], [2, 4], [0], [-1]])
def test_milestones_must_fit_the_schedules(milestones: list[int]) -> None:
    optimizer = _optimizer()
    parts = [ExponentialLR(optimizer, 0.5), ExponentialLR(optimizer, 0.9)]
    with pytest.raises(ValueError, match="one milestone fewer than schedules"):
        SequentialLR(optimizer, parts, milestones)


def test_schedules_of_another_optimiser_are_refused() -> None:
    with pytest.raises(ValueError, match="must be of this optimiser"):
        SequentialLR(_optimizer(), [ExponentialLR(_optimizer(), 0.5)], [])


def test_what_is_no_optimiser_is_refused() -> None:
    with pytest.raises(TypeError, match="StepLR: an Optimizer is expected, got Dense"):
        StepLR(nn.Dense(1, 1), 2)  # type: ignore[arg-type]
