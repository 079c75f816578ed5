"""Single ops, each with its gradients: one text that minigen and PyTorch both run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.architecture import Shape
from benchmarks.workloads import SEED, WORKLOADS, Array

CHAIN = 100
"""How many tiny ops are chained, so that the time of one can be measured."""

LIGHT = 1.3
"""The target for ops whose time goes into passes over memory."""


@dataclass(frozen=True)
class SingleOp:
    """A call of an op and the gradients of its inputs.

    Attributes
    ----------
    call : callable
        ``call(F, *inputs)``, with the functions of either library as ``F``.
    shapes : tuple of Shape
        The inputs'.
    images : bool
        Whether the first one is images, as a layer before would hand them on: in the library's own
        memory order.
    constants : int
        How many of the last inputs need no gradient.
    count : int
        How many ops one call is: times are divided by it.
    target : float, optional
        The ratio to PyTorch's time that minigen is to reach.
    """

    name: str
    title: str
    call: Callable[..., Any]
    shapes: tuple[Shape, ...]
    images: bool = False
    low: float = -2.0
    high: float = 2.0
    constants: int = 0
    count: int = 1
    target: float | None = None

    def inputs(self) -> list[Array]:
        """Draw the inputs; always the same ones."""
        random = np.random.Generator(np.random.PCG64(SEED))
        return [
            np.asarray(random.uniform(self.low, self.high, shape), np.float32)
            for shape in self.shapes
        ]

    def cotangent(self, shape: Shape) -> Array:
        """Draw what the backward pass starts from, for an output of `shape`."""
        random = np.random.Generator(np.random.PCG64(SEED + 1))
        return np.asarray(random.uniform(-1, 1, shape), np.float32)


@dataclass(frozen=True)
class AdamStep:
    """A step of Adam over parameters whose gradients are there."""

    name: str
    title: str
    shapes: tuple[Shape, ...]
    count: int = 1
    target: float | None = None

    def arrays(self) -> list[tuple[Array, Array]]:
        """Draw each parameter's first values and its gradient; always the same ones."""
        random = np.random.Generator(np.random.PCG64(SEED))

        def draw(shape: Shape) -> Array:
            return random.standard_normal(shape, np.float32)

        return [(draw(shape), draw(shape)) for shape in self.shapes]


def _chain(_: Any, a: Any, b: Any) -> Any:
    for _step in range(CHAIN):
        a = a + b
    return a


def _convolution(
    inputs: int,
    outputs: int,
    kernel: int,
    stride: int,
    size: int,
    *,
    transposed: bool = False,
    target: float | None = None,
) -> SingleOp:
    """Describe a layer on images of `size` by `size`, batch 128, padding 1."""
    function = "conv_transpose2d" if transposed else "conv2d"
    channels = (inputs, outputs) if transposed else (outputs, inputs)

    def call(functions: Any, x: Any, weight: Any, bias: Any) -> Any:
        return getattr(functions, function)(x, weight, bias, stride=stride, padding=1)

    return SingleOp(
        name=f"{function}-{inputs}-{outputs}-k{kernel}s{stride}",
        title=f"{function} {inputs}-{outputs}, kernel {kernel}, stride {stride}, {size}x{size}",
        call=call,
        shapes=((128, inputs, size, size), (*channels, kernel, kernel), (outputs,)),
        images=True,
        target=target,
    )


def _elementwise(name: str, low: float = -2.0, target: float | None = None) -> SingleOp:
    """Describe a function of 100,000 single elements."""
    return SingleOp(
        name=name,
        title=f"{name}, 100,000 elements",
        call=lambda functions, x: getattr(functions, name)(x),
        shapes=((100_000,),),
        low=low,
        target=target,
    )


def _gru(functions: Any, x: Any, state: Any, *weights: Any) -> Any:
    """Walk over sequences; PyTorch has the inputs' product in the same function."""
    weight_ih, weight_hh, bias_ih, bias_hh = weights
    if hasattr(functions, "gru_states"):
        gates = functions.linear(x, weight_ih, bias_ih)
        return functions.gru_states(gates, state, weight_hh, bias_hh)
    options = (True, 1, 0.0, True, False, False)  # biases, layers, no dropout, training, one way
    return functions.gru(x, state[None], weights, *options)[0]


_ALL: tuple[SingleOp | AdamStep, ...] = (
    SingleOp("tiny", "one tiny op: add of two 8-vectors", _chain, ((8,), (8,)),
             count=CHAIN, target=0.7),
    SingleOp("linear", "linear 784-400, batch 128", lambda f, x, w, b: f.linear(x, w, b),
             ((128, 784), (400, 784), (400,))),
    _convolution(1, 32, 4, 2, 28),
    _convolution(32, 64, 4, 2, 14),
    _convolution(64, 128, 4, 2, 14),
    _convolution(32, 64, 3, 1, 28, target=1.0),
    _convolution(128, 64, 4, 2, 7, transposed=True),
    _elementwise("exp"),
    *(_elementwise(name, target=LIGHT) for name in ("tanh", "sigmoid", "relu", "softplus")),
    _elementwise("log", low=0.1),
    SingleOp("mul", "mul, 100,000 elements", lambda _, x, y: x * y, ((100_000,), (100_000,)),
             target=LIGHT),
    SingleOp(
        "batch_norm", "batch norm (training) of (128, 64, 14, 14)",
        lambda f, x, w, b: f.batch_norm(x, None, None, w, b, training=True),
        ((128, 64, 14, 14), (64,), (64,)), images=True, target=LIGHT,
    ),
    SingleOp(
        "bce", "binary cross-entropy from logits, (128, 784)",
        lambda f, x, t: f.binary_cross_entropy_with_logits(x, t, reduction="sum"),
        ((128, 784), (128, 784)), low=0.0, high=1.0, constants=1, target=LIGHT,
    ),
    SingleOp(
        "gru", "GRU 64-128 over 32 steps, batch 64", _gru,
        ((32, 64, 64), (64, 128), (384, 64), (384, 128), (384,), (384,)),
        low=-0.1, high=0.1, target=LIGHT,
    ),
    SingleOp(
        "attention", "causal attention, 4 heads of 32, 64 places, batch 32",
        lambda f, *inputs: f.scaled_dot_product_attention(*inputs, is_causal=True),
        ((32, 4, 64, 32),) * 3, target=LIGHT,
    ),
    AdamStep("adam", "a step of Adam, parameters of W1",
             tuple(s for shapes in WORKLOADS["W1"].parameter_shapes().values() for s in shapes),
             target=LIGHT),
)  # fmt: skip

OPS: dict[str, SingleOp | AdamStep] = {op.name: op for op in _ALL}
"""The single ops by name."""
