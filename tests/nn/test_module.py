"""Modules: what they register, name, save, load, move and print."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn


class Block(nn.Module):
    """A parameter, two buffers, two layers; the second layer shares the first one's weight."""

    total: minigen.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter([2.0])
        self.shift: nn.Parameter | None = None
        self.register_buffer("total", minigen.zeros(3))
        self.register_buffer("scratch", minigen.zeros(1), persistent=False)
        self.first = nn.Dense(3, 3)
        self.second = nn.Dense(3, 3, bias=False)
        self.second.weight = self.first.weight
        self.width = 3

    def forward(self, x: minigen.Tensor) -> minigen.Tensor:
        hidden: minigen.Tensor = self.second(self.first(x))
        return hidden * self.scale


def test_parameters_are_found_by_attribute_and_counted_once() -> None:
    block = Block()
    assert [name for name, _ in block.named_parameters()] == ["scale", "first.weight", "first.bias"]
    assert list(block.parameters()) == [p for _, p in block.named_parameters()]
    assert [name for name, _ in block.named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in block.named_parameters("net")][1] == "net.first.weight"


def test_buffers_are_found_by_name() -> None:
    block = Block()
    assert [name for name, _ in block.named_buffers()] == ["total", "scratch"]
    assert [buffer.shape for buffer in block.buffers()] == [(3,), (1,)]
    tree = nn.Sequential(block)
    assert [name for name, _ in tree.named_buffers()] == ["0.total", "0.scratch"]
    assert list(tree.buffers(recurse=False)) == []


def test_modules_and_children_are_listed_parents_first_and_once() -> None:
    block = Block()
    tree = nn.Sequential(block, nn.ReLU(), block)
    assert [name for name, _ in tree.named_modules()] == ["", "0", "0.first", "0.second", "1"]
    assert len(list(tree.modules())) == 5
    assert [name for name, _ in tree.named_children()] == ["0", "1"]
    assert list(block.children()) == [block.first, block.second]


def test_a_module_applies_forward_when_called() -> None:
    block = Block()
    x = minigen.ones(2, 3)
    assert (block(x).array == block.forward(x).array).all()


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Module defines no forward"):
        nn.Module()(1)


def test_assigning_none_takes_a_parameter_away() -> None:
    layer = nn.Dense(2, 1)
    layer.bias = None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


def test_deleting_an_attribute_takes_it_out_of_the_registers() -> None:
    block = Block()
    del block.first, block.total
    block.total = nn.Parameter([1.0])
    assert [name for name, _ in block.named_buffers()] == ["scratch"]
    assert [name for name, _ in block.named_parameters()] == ["scale", "total", "second.weight"]


@pytest.mark.parametrize("make", [lambda: nn.Parameter([1.0]), nn.ReLU])
def test_assigning_before_init_of_the_base_class_says_what_to_call(
    make: Callable[[], object],
) -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.entry = make()

    with pytest.raises(AttributeError, match=r"Forgetful.*super\(\).__init__\(\).*'entry'"):
        Forgetful()


def test_a_buffer_before_init_of_the_base_class_says_what_to_call() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.register_buffer("entry", None)

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        Forgetful()


def test_a_module_that_holds_nothing_does_not_need_init() -> None:
    class Double(nn.Module):
        def __init__(self) -> None:
            self.factor = 2

        def forward(self, x: int) -> int:
            return x * self.factor

    double = Double().eval()
    assert double(3) == 6
    assert not double.training
    assert double.state_dict() == {}


@pytest.mark.parametrize("name", ["a.b", ""])
def test_a_name_that_state_dict_could_not_hold_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match="is no name"):
        setattr(nn.Module(), name, nn.ReLU())


def test_a_name_that_modules_use_themselves_is_refused() -> None:
    with pytest.raises(AttributeError, match="'train' is a name that every Module uses"):
        nn.Module().train = nn.ReLU()  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("scale", minigen.ones(1), "an nn.Parameter"),
        ("first", 3, "an nn.Module"),
        ("first", nn.Parameter([1.0]), "an nn.Module"),
        ("total", np.zeros(3), "a buffer"),
        ("total", nn.Parameter([1.0]), "a buffer"),
    ],
)
def test_an_entry_is_not_replaced_by_another_kind_of_thing(
    name: str, value: object, kind: str
) -> None:
    block = Block()
    before = getattr(block, name)
    with pytest.raises(TypeError, match=f"Block: '{name}' is {kind}, and a {type(value).__name__}"):
        setattr(block, name, value)
    assert getattr(block, name) is before


def test_entries_are_replaced_by_their_like() -> None:
    block = Block()
    block.scale = nn.Parameter([5.0])
    block.total = minigen.ones(3)
    block.shift = nn.Parameter([1.0])
    block.width = 4
    state = block.state_dict()
    assert (state["scale"].item(), state["total"].tolist()) == (5, [1, 1, 1])
    assert state["shift"].item() == 1


@pytest.mark.parametrize("tensor", [np.zeros(2), nn.Parameter([1.0]), 3])
def test_a_buffer_must_be_a_plain_tensor(tensor: Any) -> None:
    with pytest.raises(TypeError, match="the buffer 'mean' must be a plain tensor"):
        nn.Module().register_buffer("mean", tensor)


def test_a_buffer_does_not_hide_an_attribute() -> None:
    with pytest.raises(AttributeError, match="an attribute 'width' already"):
        Block().register_buffer("width", minigen.zeros(1))


class TestState:
    def test_holds_every_name_of_parameters_and_persistent_buffers(self) -> None:
        assert list(Block().state_dict()) == [
            "scale", "total", "first.weight", "first.bias", "second.weight"
        ]  # fmt: skip

    def test_is_detached_and_shares_memory_as_pytorchs(self) -> None:
        block = Block()
        state = block.state_dict()
        assert not state["scale"].requires_grad
        assert state["scale"].array is block.scale.array
        assert np.asarray(state["scale"]).tolist() == [2]

    def test_round_trip_copies_the_values(self) -> None:
        source, target = Block(), Block()
        target.load_state_dict(source.state_dict())
        for name, value in source.state_dict().items():
            assert value.tolist() == target.state_dict()[name].tolist()
            assert not np.shares_memory(value.array, target.state_dict()[name].array)

    def test_loading_keeps_the_modules_own_tensors_dtype_and_sharing(self) -> None:
        block = Block()
        weight, array = block.first.weight, block.first.weight.array
        state = {k: v.numpy().astype(np.float64) for k, v in Block().state_dict().items()}
        block.load_state_dict(state)
        assert block.first.weight is weight
        assert weight.array is array
        assert weight.dtype == np.float32
        assert block.second.weight is weight

    def test_each_wrong_entry_is_named_in_one_error_and_nothing_changes(self) -> None:
        layer = nn.BatchNorm1d(2)
        before = {name: value.numpy() for name, value in layer.state_dict().items()}
        wrong = {
            "weight": np.zeros(3),
            "bias": np.full(2, 7.0),
            "running_mean": [[1.0, 2.0]],
            "num_batches_tracked": 2.5,
            "gamma": np.zeros(2),
        }
        with pytest.raises(RuntimeError) as raised:
            layer.load_state_dict(wrong)
        assert str(raised.value).splitlines() == [
            "BatchNorm1d.load_state_dict: nothing was loaded, for 5 reasons:",
            "  weight: expected shape (2,), got (3,)",
            "  running_mean: expected shape (2,), got (1, 2)",
            "  num_batches_tracked: expected int64, got float64",
            "  running_var: missing, expected shape (2,)",
            "  gamma: unexpected, no such entry here",
        ]
        assert all((v.array == before[name]).all() for name, v in layer.state_dict().items())

    def test_one_fault_is_one_reason(self) -> None:
        with pytest.raises(RuntimeError, match="for 1 reason:\n  weight: missing"):
            nn.Dense(1, 1, bias=False).load_state_dict({})

    def test_values_that_are_no_numbers_are_refused(self) -> None:
        layer = nn.Dense(1, 1, bias=False)
        with pytest.raises(RuntimeError, match="weight: expected float32, got <U1"):
            layer.load_state_dict({"weight": [["x"]]})

    def test_without_strict_the_names_that_differ_are_returned(self) -> None:
        layer = nn.Dense(2, 1)
        result = layer.load_state_dict({"bias": [5.0], "other": 1.0}, strict=False)
        assert result == (["weight"], ["other"])
        assert result.missing_keys == ["weight"]
        assert layer.bias is not None
        assert layer.bias.item() == 5

    def test_without_strict_a_wrong_shape_is_an_error_still(self) -> None:
        with pytest.raises(RuntimeError, match="bias: expected shape"):
            nn.Dense(2, 1).load_state_dict({"bias": [5.0, 6.0]}, strict=False)

    def test_loading_is_a_write_that_an_older_graph_refuses(self) -> None:
        layer = nn.Dense(2, 2)
        y = layer(layer(minigen.ones(1, 2))).sum()
        layer.load_state_dict(nn.Dense(2, 2).state_dict())
        with pytest.raises(RuntimeError, match="changed in place"):
            y.backward()

    def test_its_own_state_loads_unchanged(self) -> None:
        layer = nn.Dense(2, 2)
        before = layer.weight.numpy()
        layer.load_state_dict(layer.state_dict())
        assert (layer.weight.array == before).all()


class TestMoving:
    def test_to_a_dtype_converts_parameters_gradients_and_float_buffers_in_place(self) -> None:
        norm = nn.BatchNorm1d(2)
        weight = norm.weight
        assert weight is not None
        norm(minigen.tensor([[1.0, 2.0], [3.0, 5.0]])).sum().backward()
        assert norm.to("float64") is norm
        assert norm.weight is weight
        assert weight.requires_grad
        assert {p.dtype for p in norm.parameters()} == {np.dtype(np.float64)}
        assert weight.grad is not None
        assert weight.grad.dtype == np.float64
        assert norm.running_mean is not None
        assert norm.running_mean.dtype == np.float64
        assert norm.num_batches_tracked is not None
        assert norm.num_batches_tracked.dtype == np.int64

    def test_a_module_is_moved_and_converted_by_pytorchs_short_names(self) -> None:
        layer = nn.Dense(2, 1)
        assert layer.double() is layer
        assert layer.weight.dtype == np.float64
        assert layer.float().cpu().weight.dtype == np.float32
        assert layer.weight.device == "cpu"

    def test_to_where_it_is_already_changes_nothing(self) -> None:
        layer = nn.Dense(2, 1)
        array = layer.weight.array
        layer.to(layer.weight.device).to(np.float32)
        assert layer.weight.array is array

    @pytest.mark.parametrize("dtype", ["int64", bool])
    def test_to_a_dtype_without_gradients_is_refused(self, dtype: Any) -> None:
        with pytest.raises(TypeError, match=r"Dense.to: a floating-point dtype"):
            nn.Dense(2, 1).to(dtype)

    def test_to_nonsense_is_refused(self) -> None:
        with pytest.raises(TypeError, match="neither a dtype"):
            nn.Dense(2, 1).to("flaot32")


def test_train_and_eval_reach_every_module() -> None:
    tree = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))
    assert all(module.training for module in tree.modules())
    assert tree.eval() is tree
    assert not any(module.training for module in tree.modules())
    assert tree.train() is tree
    assert all(module.training for module in tree.modules())


def test_train_refuses_what_is_no_boolean() -> None:
    with pytest.raises(TypeError, match="mode must be a Boolean, got 'yes'"):
        nn.ReLU().train("yes")  # type: ignore[arg-type]


def test_a_frozen_module_gets_no_gradients() -> None:
    block = Block().requires_grad_(False)
    assert not block(minigen.ones(1, 3)).requires_grad
    assert block.requires_grad_()(minigen.ones(1, 3)).requires_grad


def test_zero_grad_forgets_the_gradients() -> None:
    block = Block()
    block(minigen.ones(1, 3)).sum().backward()
    assert all(p.grad is not None for p in block.parameters())
    block.zero_grad()
    assert all(p.grad is None for p in block.parameters())


def test_apply_visits_children_first() -> None:
    tree = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh()))
    visited: list[str] = []
    assert tree.apply(lambda module: visited.append(type(module).__name__)) is tree
    assert visited == ["ReLU", "Tanh", "Sequential", "Sequential"]


def test_repr_shows_the_tree() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Dense(2, 3), nn.LeakyReLU(0.2))
            self.drop = nn.Dropout(0.1)

        def extra_repr(self) -> str:
            return "version=1"

    assert repr(Net()).splitlines() == [
        "Net(",
        "  version=1",
        "  (body): Sequential(",
        "    (0): Dense(in_features=2, out_features=3, bias=True)",
        "    (1): LeakyReLU(negative_slope=0.2)",
        "  )",
        "  (drop): Dropout(p=0.1)",
        ")",
    ]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_shares_nothing_with_the_original_but_keeps_its_own_sharing(
    duplicate: Callable[[Block], Block],
) -> None:
    block = Block().eval()
    copied = duplicate(block)
    assert not copied.training
    assert copied.second.weight is copied.first.weight
    pairs = zip(block.state_dict().values(), copied.state_dict().values(), strict=True)
    assert all(
        (a.array == b.array).all() and not np.shares_memory(a.array, b.array) for a, b in pairs
    )


def test_modules_and_parameters_are_added_and_found_by_names() -> None:
    model = nn.Sequential()
    model.add_module("first", nn.BatchNorm1d(3))
    dense = nn.Dense(3, 2)
    model.register_module("last", nn.Sequential(dense))
    model.register_parameter("scale", nn.Parameter([1.0]))
    model.register_parameter("absent", None)
    assert model.get_submodule("") is model
    assert model.get_submodule("last.0") is dense
    assert model.get_parameter("last.0.weight") is dense.weight
    assert model.get_parameter("scale").item() == 1
    assert model.get_buffer("first.running_mean") is model[0].running_mean
    assert [name for name, _ in model.named_buffers(recurse=False)] == []


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda m: m.add_module("0", nn.ReLU()), AttributeError, "there is an attribute '0'"),
        (lambda m: m.add_module("a.b", nn.ReLU()), AttributeError, "'a.b' is no name"),
        (lambda m: m.add_module("a", 3), TypeError, "an nn.Module is expected as 'a', got int"),
        (lambda m: m.register_parameter("a", minigen.ones(1)), TypeError, "got Tensor"),
        (lambda m: m.get_submodule("0.weight"), AttributeError, "no module '0.weight'"),
        (lambda m: m.get_submodule("0.no.more"), AttributeError, "no module '0.no.more'"),
        (lambda m: m.get_parameter("0"), AttributeError, "no parameter '0'"),
        (lambda m: m.get_buffer("0.weight"), AttributeError, "no buffer '0.weight'"),
        (lambda m: m.half(), TypeError, r"Sequential.half: modules compute in float32 or float64"),
    ],
)
def test_what_is_none_or_is_not_there_is_told(call: Any, error: Any, told: str) -> None:
    with pytest.raises(error, match=told):
        call(nn.Sequential(nn.Dense(3, 2)))
