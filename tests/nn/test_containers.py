"""Rows of modules."""

from __future__ import annotations

from typing import Any

import pytest

import minigen
from minigen import nn


def test_sequential_applies_its_modules_in_order() -> None:
    model = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Unflatten(1, (2, 1)))
    x = minigen.tensor([[[-1.0], [2.0]]])
    assert model(x).tolist() == [[[0.0], [2.0]]]


def test_an_empty_sequential_is_the_identity() -> None:
    x = minigen.ones(2)
    assert nn.Sequential()(x) is x


def test_sequential_names_modules_by_number_or_by_a_mapping() -> None:
    assert list(nn.Sequential(nn.Dense(1, 1)).state_dict()) == ["0.weight", "0.bias"]
    named = nn.Sequential({"first": nn.Dense(1, 1, bias=False), "act": nn.ReLU()})
    assert list(named.state_dict()) == ["first.weight"]
    assert [type(module) for module in named] == [nn.Dense, nn.ReLU]


@pytest.mark.parametrize("make", [nn.Sequential, lambda *m: nn.ModuleList(m)])
def test_rows_are_counted_indexed_sliced_and_extended(make: Any) -> None:
    modules = [nn.ReLU(), nn.Tanh(), nn.Sigmoid()]
    row = make(*modules)
    assert len(row) == 3
    assert list(row) == modules
    assert row[0] is modules[0]
    assert row[-1] is modules[2]
    assert type(row[1:]) is type(row)
    assert list(row[1:]) == modules[1:]
    last = nn.ELU()
    assert row.append(last) is row
    assert row[3] is last
    assert [name for name, _ in row.named_children()] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("index", [2, -3])
def test_an_index_out_of_range_is_named(index: int) -> None:
    with pytest.raises(IndexError, match=f"index {index} of 2 modules"):
        nn.ModuleList([nn.ReLU(), nn.ReLU()])[index]


def test_what_is_no_module_is_refused_with_a_hint() -> None:
    with pytest.raises(TypeError, match="Sequential: entry 1 is no module, but type; call"):
        nn.Sequential(nn.ReLU(), nn.Tanh)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"ModuleList: entry 0 is no module, but int$"):
        nn.ModuleList([3])  # type: ignore[list-item]


def test_a_shared_module_is_applied_as_often_as_it_stands_there() -> None:
    layer = nn.Dense(1, 1, bias=False)
    layer.load_state_dict({"weight": [[3.0]]})
    model = nn.Sequential(layer, layer)
    assert model(minigen.ones(1, 1)).item() == 9
    assert len(list(model.parameters())) == 1


def test_modules_in_a_list_are_trained() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Dense(2, 2) for _ in range(3))

    assert len(list(Net().parameters())) == 6


def test_modules_in_a_dictionary_are_trained_and_saved_by_name() -> None:
    heads = nn.ModuleDict({"mu": nn.Dense(2, 1), "logvar": nn.Dense(2, 1, bias=False)})
    assert list(heads.state_dict()) == ["mu.weight", "mu.bias", "logvar.weight"]
    assert list(heads.keys()) == list(heads) == ["mu", "logvar"]
    assert list(heads.values()) == [heads["mu"], heads["logvar"]]
    assert dict(heads.items()) == {"mu": heads["mu"], "logvar": heads["logvar"]}
    assert "mu" in heads
    assert "sigma" not in heads
    heads["mu"] = nn.Dense(2, 1, bias=False)
    heads.update([("sigma", nn.ReLU())])
    assert len(heads) == 3
    assert len(list(heads.parameters())) == 2
    del heads["logvar"]
    assert list(heads) == ["mu", "sigma"]


def test_entries_of_a_dictionary_that_are_none_are_refused() -> None:
    heads = nn.ModuleDict({"mu": nn.Dense(2, 1)})
    with pytest.raises(KeyError, match="ModuleDict: no entry 'sigma', only mu"):
        heads["sigma"]
    with pytest.raises(KeyError, match="no entry 'sigma'"):
        del heads["sigma"]
    with pytest.raises(TypeError, match="ModuleDict: entry a is no module, but int"):
        heads["a"] = 3  # type: ignore[assignment]
    with pytest.raises(TypeError, match="ModuleDict: a name is expected, got 3"):
        heads[3] = nn.ReLU()  # type: ignore[index]
    for name in ("", "a.b", "parameters", "training"):
        with pytest.raises(ValueError, match=f"ModuleDict: '{name}' cannot be the name"):
            heads[name] = nn.ReLU()


@pytest.mark.parametrize("make", [nn.Sequential, lambda *m: nn.ModuleList(m)])
def test_modules_are_inserted_replaced_and_taken_out(make: Any) -> None:
    first, second, third = nn.ReLU(), nn.Tanh(), nn.Sigmoid()
    row = make(first, third)
    assert row.insert(1, second) is row
    assert list(row) == [first, second, third]
    assert [name for name, _ in row.named_children()] == ["0", "1", "2"]
    assert row.pop(0) is first
    row[-1] = first
    assert list(row) == [second, first]
    del row[0:1]
    assert list(row) == [first]
    with pytest.raises(IndexError, match="of 1 modules"):
        row.insert(3, second)
    with pytest.raises(IndexError, match="of 1 modules"):
        row.pop(1)
    with pytest.raises(TypeError, match="entry 0 is no module, but int"):
        row.insert(0, 3)
    assert list(row) == [first]
