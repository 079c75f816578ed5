"""Hooks of modules, before and after the forward pass."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import minigen
from minigen import nn


class Scale(nn.Module):
    def forward(self, x: Any, factor: float = 2.0) -> Any:
        return x * factor


def test_a_hook_sees_inputs_and_output_and_is_gone_when_removed() -> None:
    layer, seen = Scale(), []
    handle = layer.register_forward_hook(lambda *given: seen.append(given))
    x = minigen.ones(2)
    y = layer(x)
    assert [(module, inputs[0], output) for module, inputs, output in seen] == [(layer, x, y)]
    handle.remove()
    handle.remove()
    layer(x)
    assert len(seen) == 1


def test_what_a_hook_returns_takes_the_place_of_the_output_and_hooks_follow_one_another() -> None:
    layer = Scale()
    layer.register_forward_hook(lambda module, inputs, output: output + 1)
    layer.register_forward_hook(lambda module, inputs, output: output * 10)
    assert layer(minigen.tensor(3.0)).item() == 70
    layer.register_forward_hook(lambda module, inputs, output: output - 6, prepend=True)
    assert layer(minigen.tensor(3.0)).item() == 10


def test_a_hook_before_changes_inputs_one_or_all_or_none() -> None:
    layer = Scale()
    handle = layer.register_forward_pre_hook(lambda module, inputs: inputs[0] + 1)
    assert layer(minigen.tensor(3.0)).item() == 8
    layer.register_forward_pre_hook(lambda module, inputs: (inputs[0], 5.0))
    assert layer(minigen.tensor(3.0)).item() == 20
    handle.remove()
    layer.register_forward_pre_hook(lambda module, inputs: None)
    assert layer(minigen.tensor(3.0)).item() == 15


def test_hooks_take_options_if_asked_for() -> None:
    layer, seen = Scale(), []
    layer.register_forward_pre_hook(
        lambda module, inputs, options: (inputs, {"factor": options["factor"] + 1}),
        with_kwargs=True,
    )
    layer.register_forward_hook(
        lambda module, inputs, options, output: seen.append(options), with_kwargs=True
    )
    assert layer(minigen.tensor(2.0), factor=3.0).item() == 8
    assert seen == [{"factor": 4.0}]
    layer.register_forward_pre_hook(lambda *given: minigen.ones(1), with_kwargs=True)
    with pytest.raises(TypeError, match=r"with_kwargs returns None or a pair .*got Tensor"):
        layer(minigen.tensor(2.0), factor=3.0)


def test_gradients_flow_through_what_a_hook_returns() -> None:
    layer, x = Scale(), minigen.tensor(3.0, requires_grad=True)
    layer.register_forward_hook(lambda module, inputs, output: output**2)
    layer(x).backward()
    assert x.grad is not None
    assert x.grad.item() == 24


def test_hooks_inside_a_sequential_are_called_and_a_copy_has_them() -> None:
    model = nn.Sequential(nn.Dense(3, 2), nn.ReLU())
    seen: list[Any] = []
    for layer in model:
        layer.register_forward_hook(lambda module, inputs, output: seen.append(type(module)))
    model(minigen.zeros(1, 3))
    copy.deepcopy(model)(minigen.zeros(1, 3))
    assert seen == [nn.Dense, nn.ReLU] * 2
    assert len(model.state_dict()) == 2
