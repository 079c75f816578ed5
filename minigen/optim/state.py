"""An optimiser's state as plain data: collected, restored, and sorted for files.

A state is a nested dict, as PyTorch's optimisers have it. For files that hold no pickles it is
sorted into arrays by name, which safetensors can hold, and all the rest, which JSON can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from minigen.engine.backend import Array, is_array, to_device
from minigen.engine.tensor import Tensor

Group: TypeAlias = dict[str, Any]
"""Parameters under ``"params"``, and the options that hold for them."""

ParameterState: TypeAlias = dict[str, Any]
"""How many steps a parameter has seen, under ``"step"``, and its moments by name."""

MomentNames: TypeAlias = Callable[[Group], tuple[str, ...]]
"""An optimiser's `moments`."""

NOTES = frozenset({"name", "initial_lr"})
"""What a group may hold besides parameters and options: a name, and a schedule's first rate."""

PYTORCHS: Final = frozenset({"capturable", "differentiable", "foreach", "fused", "param_names"})
"""Options of PyTorch's groups that say how it computes, not what: they are left out."""


def flatten_state(state: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Sort what `Optimizer.state_dict` returned into named arrays and what JSON can hold.

    Returns
    -------
    arrays : dict of str to array
        The moments, as ``"state.0.exp_avg"``: the parameter's number and the moment's name.
    rest : dict
        Steps and groups, with strings as keys.

    Examples
    --------
    >>> from minigen import nn, optim
    >>> weight = nn.Parameter([1.0])
    >>> optimizer = optim.SGD([weight], lr=0.1, momentum=0.9)
    >>> weight.sum().backward()
    >>> optimizer.step()
    >>> arrays, rest = optim.flatten_state(optimizer.state_dict())
    >>> arrays
    {'state.0.momentum_buffer': array([1.], dtype=float32)}
    >>> rest["state"]
    {'0': {'step': 1}}
    >>> optimizer.load_state_dict(optim.unflatten_state(arrays, rest))
    """
    arrays: dict[str, Array] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for number, entry in state["state"].items():
        scalars[str(number)] = {k: v for k, v in entry.items() if not is_array(v)}
        arrays |= {f"state.{number}.{k}": v for k, v in entry.items() if is_array(v)}
    return arrays, {"state": scalars, "param_groups": state["param_groups"]}


def unflatten_state(arrays: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """Put together again, for `Optimizer.load_state_dict`, what `flatten_state` sorted.

    The steps and groups, `rest`, may have been read from JSON.

    Raises
    ------
    ValueError
        If an array's name is not of the form ``"state.0.exp_avg"``, or of a parameter that `rest`
        does not know.
    """
    states: dict[int, dict[str, Any]] = {int(k): dict(v) for k, v in rest["state"].items()}
    for name, array in arrays.items():
        _, number, moment = name.split(".") if name.count(".") == 2 else ("", "", "")
        if not number.isdecimal() or int(number) not in states or not name.startswith("state."):
            raise ValueError(
                f"unflatten_state: {name!r} is no moment of a parameter here, such as "
                "'state.0.exp_avg'"
            )
        states[int(number)][moment] = array
    return {"state": states, "param_groups": rest["param_groups"]}


def collect(
    groups: Sequence[Group], states: Mapping[Tensor, ParameterState], moments: MomentNames
) -> dict[str, Any]:
    """Return what `Optimizer.state_dict` promises."""
    numbers = {parameter: number for number, (parameter, _) in enumerate(_numbered(groups))}
    saved = {
        numbers[parameter]: {name: states[parameter][name] for name in ("step", *moments(group))}
        for parameter, group in _numbered(groups)
        if parameter in states
    }
    return {
        "state": saved,
        "param_groups": [
            {name: _plain(value) for name, value in group.items() if name != "params"}
            | {"params": [numbers[parameter] for parameter in group["params"]]}
            for group in groups
        ],
    }


def restore(
    state: Mapping[str, Any],
    groups: Sequence[Group],
    moments: MomentNames,
    optimizer: str,
    fixed: Mapping[str, Any],
) -> tuple[list[Group], dict[Tensor, ParameterState]]:
    """Return the groups and states that `collect` saved, for the parameters of `groups`.

    It may be a state of PyTorch's. `fixed` are options of such a state that here have one value.

    Raises
    ------
    ValueError
        Names each entry that does not fit.
    """
    faults = [f"{part}: missing" for part in ("state", "param_groups") if part not in state]
    if not faults and any(PYTORCHS & group.keys() for group in state["param_groups"]):
        faults = _misfit_fixed(state["param_groups"], fixed)
        state = _from_pytorch(state, fixed)
    faults = faults or _misfit_groups(state["param_groups"], groups)
    if not faults:
        new_groups = [
            {name: _thawed(value) for name, value in saved.items()} | {"params": group["params"]}
            for saved, group in zip(state["param_groups"], groups, strict=True)
        ]
        owners = list(_numbered(new_groups))
        faults = _misfit_states(state["state"], owners, moments)
    if faults:
        raise ValueError(
            f"{optimizer}.load_state_dict: nothing was loaded:\n  " + "\n  ".join(faults)
        )
    new_states = {
        owners[number][0]: {
            name: value if name == "step" else _like(value, owners[number][0])
            for name, value in entry.items()
        }
        for number, entry in state["state"].items()
    }
    return new_groups, new_states


def _from_pytorch(state: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state of PyTorch's as one of ours: without its own options, and with steps.

    PyTorch counts them in tensors of floats, and not at all in SGD, whose first step alone is
    another than the rest: a buffer that is there says that this one is done.
    """
    foreign = PYTORCHS | fixed.keys()
    groups = [
        {name: _plain(value) for name, value in group.items() if name not in foreign}
        for group in state["param_groups"]
    ]
    held = {
        number: {name: value for name, value in entry.items() if value is not None}
        for number, entry in state["state"].items()
    }
    states = {
        number: {**entry, "step": int(entry.get("step", 1))}
        for number, entry in held.items()
        if entry
    }
    return {"state": states, "param_groups": groups}


def _misfit_fixed(saved: Sequence[Any], fixed: Mapping[str, Any]) -> list[str]:
    """Say which options of PyTorch's ask for another algorithm."""
    return [
        f"param_groups[{i}]: {name}={entry[name]!r}, and here it is always {value}"
        for i, entry in enumerate(saved)
        for name, value in fixed.items()
        if entry.get(name, value) != value
    ]


def _numbered(groups: Sequence[Group]) -> Iterator[tuple[Tensor, Group]]:
    """Iterate over the parameters in the order that numbers them, each with its group."""
    return ((parameter, group) for group in groups for parameter in group["params"])


def _misfit_groups(saved: Sequence[Any], groups: Sequence[Group]) -> list[str]:
    """Say where saved groups differ from the optimiser's in options or number of parameters."""
    if len(saved) != len(groups):
        return [f"param_groups: expected {len(groups)}, got {len(saved)}"]
    faults = []
    for i, (entry, group) in enumerate(zip(saved, groups, strict=True)):
        where = f"param_groups[{i}]"
        missing = group.keys() - entry.keys() - NOTES
        unexpected = entry.keys() - group.keys() - NOTES
        faults += [f"{where}: option {name!r} is missing" for name in sorted(missing)]
        faults += [f"{where}: unexpected option {name!r}" for name in sorted(unexpected)]
        got, expected = len(entry.get("params", ())), len(group["params"])
        if got != expected:
            faults.append(f"{where}: expected {expected} parameters, got {got}")
    return faults


def _misfit_states(
    saved: Mapping[Any, Any], owners: Sequence[tuple[Tensor, Group]], moments: MomentNames
) -> list[str]:
    """Say which saved steps and moments do not fit their parameters."""
    faults = []
    for number, entry in saved.items():
        if number not in range(len(owners)):
            faults.append(f"state[{number!r}]: there is no parameter of this number")
            continue
        parameter, group = owners[number]
        expected = ("step", *moments(group))
        for name in sorted({*expected, *entry}):
            where = f"state[{number}][{name!r}]"
            if name not in entry:
                faults.append(f"{where}: missing")
            elif name not in expected:
                faults.append(f"{where}: unexpected")
            elif name == "step":
                if not isinstance(entry[name], int) or entry[name] < 1:
                    faults.append(f"{where}: expected a positive integer, got {entry[name]!r}")
            elif (got := _shape(entry[name])) != parameter.shape:
                faults.append(f"{where}: expected shape {parameter.shape}, got {got}")
    return faults


def _shape(value: Any) -> tuple[int, ...]:
    """Return the shape of an array, a tensor or nested lists."""
    return tuple(value.shape) if hasattr(value, "shape") else np.shape(value)


def _like(value: Any, parameter: Tensor) -> Array:
    """Return a copy of a moment in the dtype and on the device of its parameter."""
    array = value.array if isinstance(value, Tensor) else value
    array = array if is_array(array) else np.asarray(array)
    return to_device(array.astype(parameter.dtype), parameter.device)


def _plain(value: Any) -> Any:
    """Make a Python number of a NumPy scalar, or of a tensor that holds one, as PyTorch's rates."""
    return value.item() if getattr(value, "shape", None) == () else value


def _thawed(value: Any) -> Any:
    """Undo what JSON does to tuples."""
    return tuple(value) if isinstance(value, list) else value
