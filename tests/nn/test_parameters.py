"""Parameters in lists and dictionaries."""

from __future__ import annotations

from typing import Any

import pytest

import minigen
from minigen import nn, optim


def test_a_list_registers_its_parameters_by_number() -> None:
    held = nn.Parameter(minigen.zeros(2))
    values = nn.ParameterList([held, minigen.ones(3)])
    assert values[0] is held
    assert values.append([1.0, 2.0]) is values
    assert list(values.state_dict()) == ["0", "1", "2"]
    assert [each.shape for each in values] == [(2,), (3,), (2,)]
    assert all(isinstance(each, nn.Parameter) for each in values)
    assert values[1:][0] is values[1]


def test_an_entry_is_replaced_and_an_index_out_of_range_is_named() -> None:
    values = nn.ParameterList([minigen.zeros(2)])
    values[-1] = minigen.ones(4)
    assert values[0].tolist() == [1.0] * 4
    with pytest.raises(IndexError, match="index 1 of 1 parameters"):
        values[1]


def test_a_dictionary_registers_its_parameters_by_name() -> None:
    values = nn.ParameterDict({"mu": minigen.zeros(2)})
    values["sigma"] = nn.Parameter(minigen.ones(2))
    assert list(values.keys()) == list(values.state_dict()) == ["mu", "sigma"]
    assert "mu" in values
    assert len(values) == len(list(values.values())) == len(list(values.items())) == 2
    del values["mu"]
    assert list(values) == ["sigma"]
    with pytest.raises(KeyError, match="no entry 'mu', only sigma"):
        values["mu"]


@pytest.mark.parametrize("name", ["", "a.b", "forward"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of an entry"):
        nn.ParameterDict({name: minigen.zeros(1)})


def test_a_name_that_is_no_string_is_refused() -> None:
    wrong: Any = 3
    with pytest.raises(TypeError, match="ParameterDict: a name is expected, got 3"):
        nn.ParameterDict()[wrong] = minigen.zeros(1)


def test_an_optimiser_moves_what_a_module_holds_in_them() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scales = nn.ParameterList(minigen.ones(1) for _ in range(2))
            self.shifts = nn.ParameterDict({"b": minigen.zeros(1)})

        def forward(self, x: Any) -> Any:
            for scale in self.scales:
                x = x * scale
            return x + self.shifts["b"]

    model = Sum()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    model(minigen.ones(1)).sum().backward()
    optimizer.step()
    names = ["scales.0", "scales.1", "shifts.b"]
    assert {name: p.item() for name, p in model.named_parameters()} == dict(
        zip(names, [0.5, 0.5, -0.5], strict=True)
    )
    assert list(model.state_dict()) == names
    assert "(0): shape (1,)" in repr(model)
