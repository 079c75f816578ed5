"""Layers in a row on a GPU: an activation is computed with the bias of the layer before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from minigen.engine.backend import CPU, array_of, device_of
from minigen.engine.choice import READABLE, kernels
from minigen.nn.activation import LeakyReLU, ReLU, Sigmoid, Tanh
from minigen.nn.convolution import Conv2d, ConvTranspose2d
from minigen.nn.dense import Dense
from minigen.nn.module import Module
from minigen.ops.activation import activated

_ACTIVATIONS: Final[dict[type[Module], str]] = {
    ReLU: "relu",
    LeakyReLU: "leaky_relu",
    Sigmoid: "sigmoid",
    Tanh: "tanh",
}

_LAYERS: Final = (Dense, Conv2d, ConvTranspose2d)


def fuses(x: Any) -> bool:
    """Tell whether activations are computed with biases: on a GPU, where a launch is saved."""
    return device_of(array_of(x)) != CPU and kernels() != READABLE


def in_a_row(modules: Iterable[Module], x: Any) -> Any:
    """Apply modules one after the other, an activation with the bias of the layer before it."""
    waiting = list(modules)[::-1]
    while waiting:
        module: Any = waiting.pop()
        after = _activation(waiting[-1]) if waiting and _gives_bias(module, x) else None
        if after is None:
            x = module(x)
        else:
            waiting.pop()
            x = activated(module.without_bias(x), module.bias, **after)
    return x


def _activation(module: Module) -> dict[str, Any] | None:
    """Return the options of `activated` that stand for a module, if some do."""
    kind = _computed_by(module, _ACTIVATIONS)
    slope = getattr(module, "negative_slope", 0.01)
    return (
        {"activation": _ACTIVATIONS[kind], "negative_slope": slope} if kind and slope > 0 else None
    )


def _gives_bias(module: Any, x: Any) -> bool:
    """Tell whether a layer has a bias that it adds to axis 1."""
    kind = _computed_by(module, _LAYERS)
    return kind is not None and module.bias is not None and (kind is not Dense or x.ndim == 2)


def _computed_by(module: Module, kinds: Iterable[type[Module]]) -> type[Module] | None:
    """Return the class whose `forward` a module has, and nothing besides.

    One that somebody has replaced, or put a hook beside, is of none.
    """
    if module._hooks:
        return None
    own = getattr(module.forward, "__func__", None)
    return next((kind for kind in kinds if own is kind.forward), None)
