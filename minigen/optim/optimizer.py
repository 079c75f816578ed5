"""What all optimisers share: groups of parameters, their states, and the step over them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from minigen.engine.backend import CPU, Array, device_of, namespace
from minigen.engine.choice import READABLE, kernels
from minigen.engine.guards import writes
from minigen.engine.recording import recorder
from minigen.engine.tensor import Tensor
from minigen.nn.module import Parameter
from minigen.optim.state import NOTES, Group, ParameterState, collect, restore
from minigen.optim.together import Turn, updates

BLOCK = 65_536
"""Elements updated at a time: in float32 256 KiB of each array, which the CPU's cache can hold."""

Update = Callable[..., Any]
"""A version of `Optimizer.update`; see `update_of`."""

SWEEP_EVERY = 64
"""Steps from one removal of vanishing moments to the next."""


class Optimizer(ABC):
    """Changes parameters by their gradients; the subclasses say how.

    A parameter whose ``.grad`` is None is skipped. Moments have the parameter's dtype and live on
    its device: move a model before its optimiser takes the first step.

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        What to optimise, as ``model.parameters()`` gives it; any leaf tensor with
        ``requires_grad`` will do. Or groups, ``{"params": ..., "lr": ...}``, each with options of
        its own.
    defaults : dict
        The options of groups that name none.
    maximize : bool, default False
        Whether to go uphill: every gradient counts with the other sign. A group can say otherwise.

    Attributes
    ----------
    param_groups : list of dict
        The groups. Options may be changed between steps, as schedules do with ``"lr"``.
    state : dict of Tensor to dict
        Steps and moments of each parameter that has been updated.

    Raises
    ------
    TypeError
        If `params` are no parameters, or an option is no number.
    ValueError
        If there are no parameters, one comes twice, or an option is out of its range.
    """

    fixed: ClassVar[Mapping[str, Any]] = {"maximize": False}
    """Options that PyTorch's optimiser of the name has besides, and their one value here."""

    def __init__(
        self, params: Iterable[Any], defaults: Mapping[str, Any], *, maximize: bool = False
    ) -> None:
        self.defaults = {**defaults, **({"maximize": True} if maximize else {})}
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, ParameterState] = {}
        entries = self._entries(params)
        if not entries:
            raise ValueError(f"{self._name}: there are no parameters to optimise")
        groups = entries if isinstance(entries[0], Mapping) else [{"params": entries}]
        for group in groups:
            self.add_param_group(group)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse options, which belong to groups: set here, they would change nothing."""
        if name in vars(self).get("defaults", {}):
            raise AttributeError(
                f"{self._name}: {name} is an option of each group of parameters: write "
                f'optimizer.param_groups[0]["{name}"] = {value!r}, or use a schedule of '
                "minigen.optim.lr_scheduler"
            )
        super().__setattr__(name, value)

    @abstractmethod
    def moments(self, group: Group) -> tuple[str, ...]:
        """Return the names of the arrays, zero at first, that are kept for each parameter."""

    @abstractmethod
    def update(
        self, group: Group, step: int, weights: Array, gradient: Array, *moments: Array
    ) -> None:
        """Change weights and moments in place.

        Parameters
        ----------
        group : dict
            The options.
        step : int
            The number of this step, from 1.
        weights, gradient, *moments : array, of one shape
            A block of a parameter, of its gradient and of its moments, in the order of `moments`.
            The gradient must not be changed.
        """

    @abstractmethod
    def check_options(self, group: Group) -> None:
        """Raise if an option of a group is out of its range, or no number: see `check_range`."""

    def step(self) -> None:
        """Update every parameter that has a gradient.

        Raises
        ------
        ValueError
            If a gradient has another shape than its parameter.
        """
        for group in self.param_groups:
            names = self.moments(group)
            given = [parameter for parameter in group["params"] if parameter.grad is not None]
            if given and given[0].device != CPU and self._update_together(given, group, names):
                continue
            for parameter in given:
                self._update_parameter(parameter, parameter.grad.array, group, names)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: set every ``.grad`` to None, or those that are there to zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.zero_grad(set_to_none)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own.

        `group` holds the parameters under ``"params"``, and options where they differ from the
        defaults. It raises as the constructor does.
        """
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(
                f"{self._name}: a group is a dict with an entry 'params', not {group!r}"
            )
        unknown = group.keys() - self.defaults.keys() - {"params", "maximize", *NOTES}
        if unknown:
            raise ValueError(
                f"{self._name}: unknown option {min(unknown)!r} in a group; "
                f"the options are {', '.join(self.defaults)}"
            )
        single = isinstance(group["params"], Tensor)
        parameters = [group["params"]] if single else self._entries(group["params"])
        self._check_parameters(parameters)
        complete = {"params": parameters, **self.defaults}
        complete |= {name: value for name, value in group.items() if name != "params"}
        self.check_options(complete)
        self.param_groups.append(complete)

    def state_dict(self) -> dict[str, Any]:
        """Return steps, moments and options as nested dicts of arrays and numbers, as PyTorch's.

        Parameters are numbered in the order of the groups. The arrays are the optimiser's own,
        which its next step changes: save or copy them first. `minigen.optim.flatten_state` sorts
        the dict into named arrays for a safetensors file and the rest for JSON; with both, training
        continues bit by bit.

        Returns
        -------
        dict
            ``{"state": {0: {"step": 7, "exp_avg": array, ...}, ...},
            "param_groups": [{"lr": 0.001, ..., "params": [0, 1, ...]}, ...]}``.
        """
        return collect(self.param_groups, self.state, self.moments)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned. If any entry is wrong, change nothing.

        Arrays are copied; the options, learning rates too, become those of `state`. The state of
        PyTorch's optimiser of the same name will do, as `minigen.load` reads it: training goes on
        as PyTorch would, up to rounding.

        Raises
        ------
        ValueError
            Names each entry that does not fit this optimiser's groups and parameters.
        """
        own = {name for group in self.param_groups for name in group}
        fixed = {name: value for name, value in self.fixed.items() if name not in own}
        groups, states = restore(state, self.param_groups, self.moments, self._name, fixed)
        for group in groups:
            self.check_options(group)
        self.param_groups[:] = groups
        self.state = states

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for number, group in enumerate(self.param_groups):
            options = ", ".join(f"{k}={v!r}" for k, v in group.items() if k != "params")
            count = sum(parameter.size for parameter in group["params"])
            lines.append(f"  group {number}: {count:,} numbers, {options}")
        return "\n".join([*lines, ")"])

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _update_parameter(
        self, parameter: Tensor, gradient: Array, group: Group, names: Sequence[str]
    ) -> None:
        recorded = recorder()
        if recorded is not None:
            recorded.forbid(f"an update by {self._name}, which is told the number of its step,")
        state = self.state.setdefault(parameter, {"step": 0})
        arrays = weights, _, *moments = self._arrays(
            parameter, _descent(group, gradient), state, names
        )
        state["step"] += 1
        compiled: Update = _compiled_updates.get(type(self), _serves_nothing)
        if compiled(group, state["step"], *arrays) is NotImplemented:
            for block in blocks(*arrays):
                self.update(group, state["step"], *block)
        writes.note(weights)
        if state["step"] % SWEEP_EVERY == 0:
            for moment in moments:
                remove_vanishing(moment)

    def _update_together(
        self, parameters: Sequence[Tensor], group: Group, names: Sequence[str]
    ) -> bool:
        """Update parameters on a GPU in one launch, if there is a kernel that serves them all.

        A sweep of vanishing moments is not needed there: a GPU's arithmetic takes them for zeros.
        """
        together = updates.get(type(self))
        states = [self.state.setdefault(parameter, {"step": 0}) for parameter in parameters]
        if together is None or kernels() == READABLE or len({s["step"] for s in states}) > 1:
            return False
        arrays = [
            self._arrays(parameter, _descent(group, parameter.grad.array), state, names)
            for parameter, state in zip(parameters, states, strict=True)
            if parameter.grad is not None
        ]
        if not together.serves(arrays):
            return False
        Turn(self, together, group, names, parameters, states, arrays).take()
        return True

    def _arrays(
        self, parameter: Tensor, gradient: Array, state: ParameterState, names: Sequence[str]
    ) -> tuple[Array, ...]:
        """Return weights, gradient and moments of a parameter, all of one shape."""
        weights = parameter.array
        if gradient.shape != weights.shape:
            raise ValueError(
                f"{self._name}: a parameter of shape {weights.shape} has a gradient of shape "
                f"{gradient.shape}"
            )
        return weights, gradient, *(self._moment(state, name, weights) for name in names)

    def _moment(self, state: ParameterState, name: str, weights: Array) -> Array:
        """Return a moment of a parameter, zeros at first."""
        if name not in state:
            state[name] = namespace(weights).zeros_like(weights)
        moment = state[name]
        if moment.dtype != weights.dtype or device_of(moment) != device_of(weights):
            raise RuntimeError(
                f"{self._name}: {name} is {moment.dtype} on {device_of(moment)}, its parameter "
                f"{weights.dtype} on {device_of(weights)}; move a model before its optimiser "
                "takes the first step"
            )
        return moment

    def _entries(self, params: Any) -> list[Any]:
        """Return an iterable of parameters or of groups as a list."""
        if isinstance(params, Tensor | set | frozenset) or not isinstance(params, Iterable):
            raise TypeError(
                f"{self._name}: parameters in a fixed order are expected, such as "
                f"model.parameters() or a list, got {type(params).__name__}"
            )
        return list(params)

    def _check_parameters(self, parameters: Sequence[Any]) -> None:
        """Refuse what can't be optimised, or is optimised already."""
        if not parameters:
            raise ValueError(f"{self._name}: a group without parameters")
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for position, parameter in enumerate(parameters):
            if not isinstance(parameter, Tensor):
                hint = "; pass parameters(), not named_parameters()"
                raise TypeError(
                    f"{self._name}: entry {position} is no parameter, but "
                    f"{type(parameter).__name__}{hint if isinstance(parameter, tuple) else ''}"
                )
            if not parameter.is_leaf:
                raise ValueError(
                    f"{self._name}: entry {position} was computed by an op, so backward() gives it "
                    "no gradient; optimise the tensors that it was computed from"
                )
            if not isinstance(parameter, Parameter) and not parameter.requires_grad:
                raise ValueError(
                    f"{self._name}: entry {position} requires no gradient, so it would never "
                    "change; make it an nn.Parameter, or set requires_grad"
                )
            if id(parameter) in known:
                raise ValueError(
                    f"{self._name}: entry {position} (shape {parameter.shape}) comes twice, "
                    "and would be updated twice"
                )
            known.add(id(parameter))


def _descent(group: Group, gradient: Array) -> Array:
    """Return the gradient of what is to become small."""
    return -gradient if group.get("maximize") else gradient


def update_of(optimizer: type[Optimizer]) -> Callable[[Update], Update]:
    """Declare a compiled version of an optimiser's `update`; it stands in `minigen.optim.compiled`.

    It takes what `Optimizer.update` takes, but whole parameters, and returns NotImplemented for
    arrays that it does not serve. A subclass, whose update may be another, does not inherit it.
    """

    def declare(compiled: Update) -> Update:
        _compiled_updates[optimizer] = compiled
        return compiled

    return declare


_compiled_updates: dict[type[Optimizer], Update] = {}


def _serves_nothing(*_arguments: Any) -> Any:
    return NotImplemented


def _in_rows(array: Array) -> bool:
    """Tell whether an array is one of the CPU's, in NumPy's own memory order."""
    return device_of(array) == CPU and bool(array.flags.c_contiguous)


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Cut arrays of one shape into views of the same elements that fit the CPU's cache together.

    An update reads and writes a block some ten times, which from the cache is faster than from
    memory, and its temporary results stay small. Arrays on a GPU, or in another memory order than
    NumPy's own, are left whole.

    Examples
    --------
    >>> import numpy as np
    >>> [(a.size, b.size) for a, b in blocks(np.zeros((700, 100)), np.ones((700, 100)))]
    [(65536, 65536), (4464, 4464)]
    """
    if not all(_in_rows(array) for array in arrays):
        yield arrays
        return
    rows = [array.reshape(-1) for array in arrays]
    for start in range(0, arrays[0].size, BLOCK):
        yield tuple(row[start : start + BLOCK] for row in rows)


def remove_vanishing(moment: Array) -> None:
    r"""Set to zero, in place, what decays towards the smallest numbers of the dtype.

    The moments of a weight whose gradient stays zero, behind a dead ReLU, decay by a factor a step
    into the subnormal numbers (below 1.2e-38 in float32), where they stay, rounded up again and
    again: 0.9 times the smallest number is the smallest number. CPUs take many times as long for
    arithmetic on them, and the whole step up to twice as long. From 1000 times above, moments
    seldom decay that far until the next sweep, and nothing of a weight's size depends on them.
    The subnormal numbers of float16 begin at 6e-5 and are needed: they stay.

    Examples
    --------
    >>> import numpy as np
    >>> moment = np.array([0.5, 1e-36, -1e-40], np.float32)
    >>> remove_vanishing(moment)
    >>> moment
    array([ 0.5,  0. , -0. ], dtype=float32)
    """
    smallest = 1000 * float(np.finfo(moment.dtype).tiny)
    if smallest < 1e-30:
        xp = namespace(moment)
        xp.multiply(moment, xp.abs(moment) >= smallest, out=moment)  # leaves NaN where it is


def check_range(optimizer: str, name: str, value: float, below: float = float("inf")) -> None:
    """Refuse an option outside [0, `below`), or what is no number, such as YAML's ``1e-3``."""
    if not hasattr(value, "__float__"):
        raise TypeError(f"{optimizer}: {name} must be a number, got {value!r}")
    if not 0 <= value < below:
        raise ValueError(f"{optimizer}: {name} must lie in [0, {below:g}), got {value}")
