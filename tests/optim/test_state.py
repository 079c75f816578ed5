"""States of optimisers: saved, loaded, flattened, and resumed bit by bit."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.engine.backend import to_numpy

from .quadratic import noise, parameters, run

KINDS: list[Callable[..., optim.Optimizer]] = [
    lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    lambda p: optim.SGD(p, lr=0.01),
    lambda p: optim.RMSprop(p, momentum=0.9, centered=True),
    lambda p: optim.Adam(p, betas=(0.5, 0.9), amsgrad=True),
    optim.AdamW,
]


def _trained(optimizer: Callable[..., optim.Optimizer] = optim.Adam) -> optim.Optimizer:
    ours = parameters("float32")
    made = optimizer([{"params": ours[:1], "lr": 0.5}, {"params": ours[1:]}])
    run(made, ours, noise(3))
    return made


def _fresh(optimizer: Callable[..., optim.Optimizer] = optim.Adam) -> optim.Optimizer:
    ours = parameters("float32")
    return optimizer([{"params": ours[:1]}, {"params": ours[1:]}])


@pytest.mark.parametrize("make", KINDS, ids=["nesterov", "SGD", "RMSprop", "Adam", "AdamW"])
def test_training_saved_to_files_and_resumed_ends_with_the_same_bits(
    make: Callable[..., optim.Optimizer], tmp_path: Path
) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    through = parameters("float32")
    run(make(through), through, noise(150))

    stopped = parameters("float32")
    optimizer = make(stopped)
    disturbances = noise(150)
    run(optimizer, stopped, islice(disturbances, 75))  # not where moments are swept
    arrays, rest = optim.flatten_state(optimizer.state_dict())
    on_host = {name: to_numpy(array) for name, array in arrays.items()}
    safetensors.save_file(on_host, tmp_path / "optimizer.safetensors")
    (tmp_path / "optimizer.json").write_text(json.dumps(rest))

    resumed = [nn.Parameter(p) for p in stopped]
    optimizer = make(resumed)
    arrays = safetensors.load_file(tmp_path / "optimizer.safetensors")
    rest = json.loads((tmp_path / "optimizer.json").read_text())
    optimizer.load_state_dict(optim.unflatten_state(arrays, rest))
    run(optimizer, resumed, disturbances)
    for a, b in zip(through, resumed, strict=True):
        assert a.array.tobytes() == b.array.tobytes()


@pytest.mark.host_only("it names NumPy's type")
def test_a_state_is_made_of_numbers_and_arrays_by_parameter() -> None:
    state = _trained().state_dict()
    assert list(state["state"]) == [0, 1, 2, 3]
    assert {type(v) for entry in state["state"].values() for v in entry.values()} == {
        int, np.ndarray
    }  # fmt: skip
    assert [group["params"] for group in state["param_groups"]] == [[0], [1, 2, 3]]
    assert [group["lr"] for group in state["param_groups"]] == [0.5, 1e-3]
    assert state["state"][0]["step"] == 3


def test_a_parameter_without_steps_is_not_in_the_state() -> None:
    first, second = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.Adam([first, second])
    second.grad = minigen.tensor([1.0])
    optimizer.step()
    state = optimizer.state_dict()
    assert list(state["state"]) == [1]
    optimizer.load_state_dict(state)
    assert list(optimizer.state) == [second]


def test_loading_copies_arrays_and_takes_over_the_options() -> None:
    source, target = _trained(), _fresh()
    target.load_state_dict(source.state_dict())
    assert target.param_groups[0]["lr"] == 0.5
    for a, b in zip(source.state.values(), target.state.values(), strict=True):
        assert a["step"] == b["step"] == 3
        assert (a["exp_avg"] == b["exp_avg"]).all()
        assert not np.shares_memory(a["exp_avg"], b["exp_avg"])


def test_loading_keeps_the_dtype_of_the_parameters_and_takes_tensors_and_lists() -> None:
    weight = nn.Parameter([1.0, 2.0])
    optimizer = optim.SGD([weight], momentum=0.9)
    state = optimizer.state_dict()
    for moment in (np.ones(2), minigen.ones(2, dtype="float64"), [1.0, 1.0]):
        state["state"] = {0: {"step": 1, "momentum_buffer": moment}}
        optimizer.load_state_dict(state)
        assert optimizer.state[weight]["momentum_buffer"].dtype == np.float32
        assert optimizer.state[weight]["momentum_buffer"].tolist() == [1, 1]


def test_numpy_scalars_among_the_options_become_plain_numbers() -> None:
    optimizer = optim.SGD([nn.Parameter([1.0])], lr=float(np.float32(0.5)))
    optimizer.param_groups[0]["lr"] = np.float32(0.25)
    (group,) = json.loads(json.dumps(optimizer.state_dict()["param_groups"]))
    assert group["lr"] == 0.25


def test_momentum_that_is_switched_off_is_not_saved() -> None:
    weight = nn.Parameter([1.0])
    optimizer = optim.SGD([weight], momentum=0.9)
    weight.grad = minigen.tensor([1.0])
    optimizer.step()
    optimizer.param_groups[0]["momentum"] = 0
    assert optimizer.state_dict()["state"] == {0: {"step": 1}}


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda s: s.pop("state"), "state: missing"),
        (lambda s: s.pop("param_groups"), "param_groups: missing"),
        (lambda s: s["param_groups"].pop(), "param_groups: expected 2, got 1"),
        (lambda s: s["param_groups"][0].pop("lr"), "param_groups[0]: option 'lr' is missing"),
        (
            lambda s: s["param_groups"][1].update(momentum=0.9),
            "param_groups[1]: unexpected option 'momentum'",
        ),
        (
            lambda s: s["param_groups"][1]["params"].append(9),
            "param_groups[1]: expected 3 parameters, got 4",
        ),
        (
            lambda s: s["state"].update({7: {}}),
            "state[7]: there is no parameter of this number",
        ),
        (
            lambda s: s["state"].update({"0": {}}),
            "state['0']: there is no parameter of this number",
        ),
        (lambda s: s["state"][2].pop("exp_avg"), "state[2]['exp_avg']: missing"),
        (lambda s: s["state"][2].pop("step"), "state[2]['step']: missing"),
        (lambda s: s["state"][2].update(mean=0), "state[2]['mean']: unexpected"),
        (
            lambda s: s["state"][2].update(step=1.5),
            "state[2]['step']: expected a positive integer, got 1.5",
        ),
        (
            lambda s: s["state"][1].update(exp_avg=np.zeros(4)),
            "state[1]['exp_avg']: expected shape (5,), got (4,)",
        ),
    ],
)
def test_an_entry_that_does_not_fit_is_named_and_nothing_changes(
    change: Change, fault: str
) -> None:
    state = copy.deepcopy(_trained().state_dict())
    change(state)
    optimizer = _fresh()
    with pytest.raises(ValueError, match=r"Adam.load_state_dict: nothing was loaded:\n") as raised:
        optimizer.load_state_dict(state)
    assert str(raised.value).splitlines()[1:] == ["  " + fault]
    assert optimizer.state == {}
    assert [group["lr"] for group in optimizer.param_groups] == [1e-3, 1e-3]


def test_all_faults_are_named_at_once() -> None:
    state = copy.deepcopy(_trained().state_dict())
    del state["state"][0]["exp_avg"], state["state"][1]["exp_avg_sq"]
    with pytest.raises(ValueError, match="nothing was loaded") as raised:
        _fresh().load_state_dict(state)
    assert len(str(raised.value).splitlines()) == 3


def test_an_option_out_of_range_is_refused_and_nothing_changes() -> None:
    state = copy.deepcopy(_trained().state_dict())
    state["param_groups"][1]["lr"] = -1.0
    optimizer = _fresh()
    with pytest.raises(ValueError, match="Adam: lr must lie in"):
        optimizer.load_state_dict(state)
    assert optimizer.state == {}


# --- states of PyTorch's --------------------------------------------------------------------------


def _pytorchs(defaults: dict[str, Any], state: dict[int, Any]) -> dict[str, Any]:
    """Return a state of one parameter, as PyTorch has it."""
    how = {"foreach": None, "fused": None, "differentiable": False, "maximize": False}
    return {"state": state, "param_groups": [{**defaults, **how, "params": [0]}]}


def test_pytorchs_adam_goes_on_with_its_steps_moments_and_options() -> None:
    weight = nn.Parameter([1.0])
    optimizer = optim.Adam([weight])
    options = {**optimizer.defaults, "betas": (0.5, 0.9), "decoupled_weight_decay": False}
    rate, step = minigen.tensor(0.25), minigen.tensor(3.0)  # PyTorch counts in floats
    moments = {"exp_avg": minigen.tensor([0.5]), "exp_avg_sq": minigen.tensor([0.25])}
    optimizer.load_state_dict(_pytorchs({**options, "lr": rate}, {0: {"step": step, **moments}}))
    (group,) = optimizer.param_groups
    assert {name: value for name, value in group.items() if name != "params"} == {
        **optimizer.defaults, "lr": 0.25, "betas": (0.5, 0.9)
    }  # fmt: skip
    assert type(group["lr"]) is float
    state = optimizer.state[weight]
    assert (state["step"], state["exp_avg"].tolist(), state["exp_avg_sq"].tolist()) == (
        3, [0.5], [0.25]
    )  # fmt: skip


def test_pytorchs_sgd_counts_no_steps_and_a_buffer_says_that_the_first_is_done() -> None:
    weight = nn.Parameter([1.0])
    optimizer = optim.SGD([weight], momentum=0.5, dampening=0.5)
    state = _pytorchs(optimizer.defaults, {0: {"momentum_buffer": minigen.tensor([2.0])}})
    optimizer.load_state_dict(state)
    assert optimizer.state[weight]["step"] == 1
    weight.grad = minigen.tensor([4.0])
    optimizer.step()
    assert optimizer.state[weight]["momentum_buffer"].tolist() == [0.5 * 2 + 0.5 * 4]


def test_pytorchs_sgd_without_momentum_has_nothing_to_go_on_with() -> None:
    optimizer = optim.SGD([nn.Parameter([1.0])])
    optimizer.load_state_dict(_pytorchs(optimizer.defaults, {0: {"momentum_buffer": None}}))
    assert optimizer.state == {}


def test_an_option_of_pytorchs_that_asks_for_another_algorithm_is_named() -> None:
    optimizer = optim.SGD([nn.Parameter([1.0])])
    state = _pytorchs(optimizer.defaults, {})
    optimizer.load_state_dict(state)
    state["param_groups"][0]["maximize"] = True
    with pytest.raises(ValueError, match="nothing was loaded") as raised:
        optimizer.load_state_dict(state)
    assert str(raised.value).splitlines()[1:] == [
        "  param_groups[0]: maximize=True, and here it is always False"
    ]


@pytest.mark.parametrize(("kind", "decoupled"), [(optim.Adam, False), (optim.AdamW, True)])
def test_adam_and_adamw_are_not_taken_for_one_another(
    kind: Callable[..., optim.Optimizer], decoupled: bool
) -> None:
    optimizer = kind([nn.Parameter([1.0])])
    optimizer.load_state_dict(
        _pytorchs({**optimizer.defaults, "decoupled_weight_decay": decoupled}, {})
    )
    with pytest.raises(ValueError, match=f"decoupled_weight_decay={not decoupled}, and here it"):
        optimizer.load_state_dict(
            _pytorchs({**optimizer.defaults, "decoupled_weight_decay": not decoupled}, {})
        )


# --- flattened ------------------------------------------------------------------------------------


def test_flattening_names_each_array_and_leaves_what_json_can_hold() -> None:
    state = _trained().state_dict()
    arrays, rest = optim.flatten_state(state)
    assert list(arrays)[:3] == ["state.0.exp_avg", "state.0.exp_avg_sq", "state.1.exp_avg"]
    back = optim.unflatten_state(arrays, json.loads(json.dumps(rest)))
    assert back["state"] == state["state"]
    optimizer = _fresh()
    optimizer.load_state_dict(back)
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)


@pytest.mark.parametrize(
    "name", ["state.0", "state.7.exp_avg", "state.x.exp_avg", "other.0.exp_avg", "state.0.a.b"]
)
def test_an_array_of_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is no moment of a parameter here"):
        optim.unflatten_state({name: np.zeros(1)}, {"state": {"0": {}}, "param_groups": []})
