r"""Learning rates that change from epoch to epoch.

A schedule is a function of the epoch t (or of the step, if `step` is called as often) and of the
first rate :math:`\eta_0` of each group. It is evaluated in closed form, so a resumed training meets
the same rates bit by bit, whatever happened before. One schedule governs an optimiser;
`SequentialLR` joins several, such as a warm-up and a decay.

>>> from minigen import nn, optim
>>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=1.0)
>>> schedule = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
>>> rates = []
>>> for epoch in range(5):
...     rates.append(schedule.get_last_lr()[0])
...     optimizer.step()  # as often as there are batches
...     schedule.step()
>>> rates
[1.0, 1.0, 0.5, 0.5, 0.25]
"""

from __future__ import annotations

import bisect
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minigen.optim.optimizer import Optimizer


class LRScheduler(ABC):
    """Sets ``"lr"`` of each group of an optimiser; the subclasses say to what.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates at this moment are the first ones, unless another schedule has noted them already,
        as ``"initial_lr"`` of each group.

    Attributes
    ----------
    last_epoch : int
        How often `step` has been called: t.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: an Optimizer is expected, got {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        self.last_epoch = 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", float(group["lr"]))
        self._set_rates()

    @property
    def base_lrs(self) -> list[float]:
        """The first rate of each group."""
        return [group["initial_lr"] for group in self.optimizer.param_groups]

    @abstractmethod
    def rates(self, epoch: int) -> list[float]:
        """Return the rate of each group in an epoch, counted from 0."""

    def step(self) -> None:
        """Begin the next epoch."""
        self.last_epoch += 1
        self._set_rates()

    def get_last_lr(self) -> list[float]:
        """Return the present rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return where the schedule stands, as JSON can hold it."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned, and set the optimiser's rates.

        Raises
        ------
        ValueError
            If the state is of another number of groups, or lacks an entry; nothing changes then.
        """
        rates = state.get("base_lrs", ())
        if "last_epoch" not in state or len(rates) != len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: last_epoch, and base_lrs of "
                f"{len(self.base_lrs)} groups are expected, got {dict(state)}"
            )
        self.last_epoch = int(state["last_epoch"])
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["initial_lr"] = float(rate)
        self._set_rates()

    def _set_rates(self) -> None:
        groups = self.optimizer.param_groups
        for group, rate in zip(groups, self.rates(self.last_epoch), strict=True):
            group["lr"] = rate


class LambdaLR(LRScheduler):
    r""":math:`\eta_t = \eta_0 f(t)` with a function of one's own.

    Parameters
    ----------
    optimizer : Optimizer
        See `LRScheduler`.
    lr_lambda : callable, or sequence of them
        f, from the epoch to a factor; one for all groups, or one for each.

    Raises
    ------
    ValueError
        If their number is not that of the groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
    ) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * count if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != count:
            raise ValueError(
                f"LambdaLR: {count} functions are expected, one a group, got {len(self.lr_lambdas)}"
            )
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [rate * factor(epoch) for rate, factor in pairs]


class StepLR(LRScheduler):
    r""":math:`\eta_t = \eta_0 \gamma^{\lfloor t / s \rfloor}`: a drop every `step_size` epochs."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        _positive("StepLR", "step_size", step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        return [rate * self.gamma ** (epoch // self.step_size) for rate in self.base_lrs]


class MultiStepLR(LRScheduler):
    r""":math:`\eta_t = \eta_0 \gamma^k` after k of the `milestones`, which are epochs."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        drops = bisect.bisect_right(self.milestones, epoch)
        return [rate * self.gamma**drops for rate in self.base_lrs]


class ExponentialLR(LRScheduler):
    r""":math:`\eta_t = \eta_0 \gamma^t`."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        return [rate * self.gamma**epoch for rate in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    r"""Half a cosine wave from the first rate to `eta_min` in `T_max` epochs, and up again.

    .. math:: \eta_t = \eta_{min} + (\eta_0 - \eta_{min}) \frac{1 + \cos(\pi t / T_{max})}{2}

    Loshchilov and Hutter (2017), arXiv:1608.03983, equation 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803
        _positive("CosineAnnealingLR", "T_max", T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        wave = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return [self.eta_min + (rate - self.eta_min) * wave for rate in self.base_lrs]


class LinearLR(LRScheduler):
    r"""A factor that goes in a line from `start_factor` to `end_factor`: a warm-up.

    .. math:: \eta_t = \eta_0 \left[ s + (e - s) \min(t / n, 1) \right]

    with the number n, `total_iters`, of epochs that it takes.

    Raises
    ------
    ValueError
        If `start_factor` lies outside (0, 1] or `end_factor` outside [0, 1].
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        _positive("LinearLR", "total_iters", total_iters)
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                "LinearLR: start_factor in (0, 1] and end_factor in [0, 1] are expected, "
                f"got {start_factor} and {end_factor}"
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        way = min(epoch / self.total_iters, 1)
        factor = self.start_factor + (self.end_factor - self.start_factor) * way
        return [rate * factor for rate in self.base_lrs]


class SequentialLR(LRScheduler):
    """One schedule after the other; each counts its epochs from its own beginning.

    Parameters
    ----------
    optimizer : Optimizer
        The same as the schedules'.
    schedulers : sequence of LRScheduler
        In their order.
    milestones : sequence of int
        The epochs in which the second and the following ones begin, ascending.

    Raises
    ------
    ValueError
        If there is not one milestone fewer than schedules, they do not ascend, or a schedule is of
        another optimiser.

    Examples
    --------
    >>> from minigen import nn, optim
    >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> warm_up = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = optim.lr_scheduler.SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> [schedule.rates(epoch)[0] for epoch in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
    ) -> None:
        ascending = all(a < b for a, b in itertools.pairwise([0, *milestones]))
        if len(milestones) != len(schedulers) - 1 or not ascending:
            raise ValueError(
                "SequentialLR: one milestone fewer than schedules is expected, positive and "
                f"ascending, got {len(schedulers)} schedules and {list(milestones)}"
            )
        if any(scheduler.optimizer is not optimizer for scheduler in schedulers):
            raise ValueError("SequentialLR: the schedules must be of this optimiser")
        self.schedulers = list(schedulers)
        self.milestones = list(milestones)
        super().__init__(optimizer)

    def rates(self, epoch: int) -> list[float]:
        current = bisect.bisect_right(self.milestones, epoch)
        start = self.milestones[current - 1] if current else 0
        return self.schedulers[current].rates(epoch - start)


def _positive(schedule: str, name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{schedule}: {name} must be positive, got {value}")
