"""Further calls of ops, beside the catalogue's: more shapes, axes, options and broadcasts.

An op needs none here: what is said of every case is said of the catalogue's, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import minigen.functional as F
from minigen.catalogue import Case
from minigen.catalogue.case import constant
from minigen.catalogue.losses import LOSSES
from minigen.catalogue.ops import OPS, SUMMANDS
from minigen.ops import losses, pooling
from tests.numeric import Floats, Function, draw


def apart(*shape: int, seed: int = 0) -> Floats:
    """Numbers of both signs, none near 0 and no two near each other."""
    size = int(np.prod(shape))
    magnitudes = 0.3 + np.random.default_rng([seed, *shape]).permutation(size) * (1.3 / size)
    signs = np.where(np.random.default_rng([seed + 1, *shape]).uniform(size=size) < 0.5, -1, 1)
    return np.asarray(magnitudes * signs, np.float64).reshape(shape)


def positive(*shape: int, seed: int = 0) -> Floats:
    return draw(*shape, seed=seed, low=0.4, high=1.8)


def unit(*shape: int, seed: int = 0) -> Floats:
    return draw(*shape, seed=seed, low=0.1, high=0.9)


def _pairs(op: str, function: Function, left: Function, right: Function) -> list[Case]:
    """Return the broadcasts of a function of two arrays."""
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "one shape": ((2, 3), (2, 3)),
        "row": ((2, 3), (3,)),
        "column": ((2, 1), (2, 3)),
        "both stretched": ((2, 1, 3), (4, 1)),
        "scalar": ((), (2, 2)),
        "scalars": ((), ()),
        "ones": ((1, 1), (1,)),
    }
    return [
        _on(op, label, function, left(*a, seed=3), right(*b, seed=4))
        for label, (a, b) in shapes.items()
    ]


def _units(op: str, function: Function, source: Function) -> list[Case]:
    """Return a function of one array at several shapes."""
    return [
        _on(op, str(shape).replace(" ", ""), function, source(*shape, seed=5))
        for shape in [(), (4,), (2, 3), (1, 2, 1)]
    ]


def _reductions(op: str, function: Function, source: Function, **extra: Any) -> list[Case]:
    """Return a reduction over all, one and several axes, kept or dropped."""
    options: list[dict[str, Any]] = [
        {},
        {"axis": 0},
        {"axis": -1},
        {"axis": (0, 2)},
        {"axis": 1, "keepdims": True},
        {"axis": (-1, 0), "keepdims": True},
        {"dim": 2, "keepdim": True},
        {"keepdims": True},
    ]
    return [
        _on(op, _label(o), _with(function, {**o, **extra}), source(2, 3, 2, seed=6))
        for o in options
    ]


def _with(function: Function, options: dict[str, Any]) -> Function:
    return lambda *inputs: function(*inputs, **options)


def _label(options: dict[str, Any]) -> str:
    return ",".join(f"{k}={v}" for k, v in options.items()).replace(" ", "") or "all"


def _on(op: str, label: str, function: Function, *arrays: Floats) -> Case:
    return Case(op, "op", function, [constant(array) for array in arrays], label)


MASK: npt.NDArray[np.bool_] = np.array([[True, False, True], [False, False, True]])
LOW, HIGH = np.full(3, -0.5, np.float32), np.full((2, 1), 0.75, np.float32)
PICKS = np.array([[2, 0], [1, 2]])
CONVOLUTIONS: dict[str, Function] = {
    "plain": F.conv2d,
    "rows left over": lambda x, w: F.conv2d(x, w, stride=(3, 2), padding=(1, 0)),
    "wide padding": lambda x, w: F.conv2d(x, w, None, 1, (0, 3)),
}
TRANSPOSED: dict[str, Function] = {
    "plain": F.conv_transpose2d,
    "stride": lambda x, w: F.conv_transpose2d(x, w, None, (2, 3), (1, 0)),
    "output padding": lambda x, w: F.conv_transpose2d(x, w, None, 3, 1, (2, 1)),
}
TAPS = np.array([[[[4, 8], [0, 5]], [[3, 1], [4, 7]]]])

FURTHER: list[Case] = [
    *_pairs("add", F.add, apart, apart),
    *_pairs("sub", F.sub, apart, apart),
    *_pairs("mul", F.mul, apart, apart),
    *_pairs("div", F.div, apart, apart),
    *_pairs("pow", F.pow, positive, apart),
    *_pairs("maximum", F.maximum, apart, positive),
    *_pairs("minimum", F.minimum, apart, positive),
    *_pairs("squared_error", lambda a, b: losses.squared_error(a + b * 0, b + a * 0), apart, apart),
    *_units("neg", F.neg, apart),
    *_units("abs", F.abs, apart),
    *_units("exp", F.exp, apart),
    *_units("log", F.log, positive),
    *_units("sqrt", F.sqrt, positive),
    *_units("sin", F.sin, apart),
    *_units("cos", F.cos, apart),
    *_units("relu", F.relu, apart),
    *_units("leaky_relu", F.leaky_relu, apart),
    *_units("leaky_relu", lambda x: F.leaky_relu(x, 2.5), apart),
    *_units("leaky_relu", lambda x: F.leaky_relu(x, -0.5), apart),
    *_units("elu", F.elu, apart),
    *_units("elu", lambda x: F.elu(x, alpha=0.3), apart),
    *_units("sigmoid", F.sigmoid, apart),
    *_units("tanh", F.tanh, apart),
    *_units("softplus", F.softplus, apart),
    *_units("clone", F.clone, apart),
    *_units("clip", lambda x: F.clip(x, -0.7, 0.9), apart),
    *_units("clip", lambda x: F.clip(x, min=-0.5), apart),
    *_units("clip", lambda x: F.clip(x, max=0.5), apart),
    *_units("pow", lambda x: F.pow(x, 0), apart),
    *_units("pow", lambda x: F.pow(x, 1), apart),
    *_units("pow", lambda x: F.pow(x, 2), apart),
    *_units("pow", lambda x: F.pow(x, 3), apart),
    *_units("pow", lambda x: F.pow(x, -2), apart),
    *_units("pow", lambda x: F.pow(x, 0.5), positive),
    *_units("pow", lambda x: F.pow(2.5, x), apart),
    *_units("pow", lambda x: 2**x, apart),
    _on("clip", "arrays", lambda x: F.clip(x, LOW, HIGH), apart(2, 3)),
    _on("where", "one shape", lambda a, b: F.where(MASK, a, b), apart(2, 3), apart(2, 3, seed=1)),
    _on("where", "broadcast", lambda a, b: F.where(MASK, a, b), apart(3), apart(2, 1)),
    _on("where", "number", lambda a: F.where(MASK, 1.5, a), apart(2, 3)),
    *_reductions("sum", F.sum, apart),
    *_reductions("mean", F.mean, apart),
    *_reductions("var", F.var, apart),
    *_reductions("var", F.var, apart, correction=0),
    *_reductions("amax", F.amax, apart),
    *_reductions("amin", F.amin, apart),
    *_reductions("logsumexp", F.logsumexp, apart),
    _on("std", "", lambda x: F.std(x, (0, -1), keepdims=True), apart(2, 3, 2)),
    *[
        _on(op, f"axis={axis}".replace(" ", ""), _with(function, {"axis": axis}), apart(2, 3, 2))
        for op, function in (("softmax", F.softmax), ("log_softmax", F.log_softmax))
        for axis in (-1, 0, 1, (0, 2))
    ],
    *[
        _on("standardize", f"axis={axis}".replace(" ", ""), _with(F.standardize, o), apart(2, 3, 2))
        for axis in (0, -1, (0, 2), (-2, -1))
        for o in [{"axis": axis, "eps": 1e-3}]
    ],
    *[
        _on("normalize_channels", str(shape), F.normalize_channels, apart(*shape), unit(2), unit(2))
        for shape in [(3, 2), (2, 2, 3), (2, 2, 1, 2)]
    ],
    *[
        _on("matmul", f"{a}@{b}".replace(" ", ""), F.matmul, apart(*a), apart(*b, seed=1))
        for a, b in [
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3,)),
            ((3,), (2, 3, 2)),
            ((2, 2, 3), (3,)),
            ((2, 2, 3), (3, 2)),
            ((2, 3), (2, 3, 2)),
            ((2, 1, 2, 3), (3, 3, 2)),
            ((1, 1), (1, 1)),
        ]
    ],
    _on("linear", "bias", F.linear, apart(4, 3), apart(2, 3), apart(2)),
    _on("linear", "no bias", F.linear, apart(4, 3), apart(2, 3)),
    _on("linear", "vector", F.linear, apart(3), apart(2, 3), apart(2)),
    _on("linear", "leading axes", F.linear, apart(2, 2, 3), apart(2, 3), apart(2)),
    _on("astype", "float32 and back", lambda x: F.astype(x, "float64"), apart(2, 3)),
    _on("to_device", "itself", lambda x: F.to_device(x, x.device), apart(2, 3)),
    _on("broadcast_to", "rows", lambda x: F.broadcast_to(x, (2, 3)), apart(3)),
    _on("broadcast_to", "both", lambda x: F.broadcast_to(x, (2, 4, 3)), apart(4, 1)),
    _on("broadcast_to", "scalar", lambda x: F.broadcast_to(x, 3), apart()),
    _on("sum_to_size", "rows", lambda x: F.sum_to_size(x, (3,)), apart(2, 3)),
    _on("sum_to_size", "both", lambda x: F.sum_to_size(x, (4, 1)), apart(2, 4, 3)),
    _on("sum_to_size", "same", lambda x: F.sum_to_size(x, (2, 3)), apart(2, 3)),
    _on("sum_to_size", "scalar", lambda x: F.sum_to_size(x, ()), apart(2, 3)),
    _on("reshape", "merge", lambda x: F.reshape(x, (3, -1)), apart(2, 3)),
    _on("reshape", "number", lambda x: F.reshape(x, -1), apart(2, 3)),
    _on("reshape", "to scalar", lambda x: F.reshape(x, ()), apart(1, 1)),
    _on("permute", "three", lambda x: F.permute(x, (2, 0, 1)), apart(2, 3, 4)),
    _on("permute", "negative", lambda x: F.permute(x, (-1, 0, -2)), apart(2, 3, 4)),
    _on("transpose", "two", lambda x: F.transpose(x, 0, 1), apart(2, 3)),
    _on("transpose", "negative", lambda x: F.transpose(x, -1, 0), apart(2, 3, 4)),
    _on("squeeze", "all", F.squeeze, apart(1, 2, 1)),
    _on("squeeze", "one", lambda x: F.squeeze(x, -1), apart(1, 2, 1)),
    _on("squeeze", "none to drop", lambda x: F.squeeze(x, 1), apart(1, 2, 1)),
    _on("unsqueeze", "front", lambda x: F.unsqueeze(x, 0), apart(2, 3)),
    _on("unsqueeze", "back", lambda x: F.unsqueeze(x, -1), apart(2, 3)),
    _on("flatten", "all", F.flatten, apart(2, 3, 2)),
    _on("flatten", "tail", lambda x: F.flatten(x, 1), apart(2, 3, 2)),
    _on("flatten", "scalar", F.flatten, apart()),
    *[
        _on("getitem", label, _with(F.getitem, {"index": index}), apart(2, 3))
        for label, index in {
            "row": 1,
            "element": (1, -1),
            "slice": (slice(None), slice(2, 0, -1)),
            "ellipsis": (..., 0),
            "new axis": (None, 0),
            "picked twice": np.array([0, 0, 1]),
            "pairs": (np.array([0, 1, 1]), np.array([2, 2, 2])),
            "mixed": (slice(None), PICKS),
            "mask": MASK,
            "row mask": np.array([True, False]),
            "none": slice(0, 0),
        }.items()
    ],
    _on("put", "slice", lambda x: F.put(x, slice(1, 3), (4,)), apart(2)),
    _on("put", "twice", lambda x: F.put(x, np.array([1, 1, 0]), (3,)), apart(3)),
    _on("concatenate", "rows", lambda a, b: F.cat([a, b]), apart(2, 3), apart(1, 3)),
    _on("concatenate", "columns", lambda a, b, c: F.cat([a, b, c], dim=-1), *[apart(2, 2)] * 3),
    _on("concatenate", "stack", lambda a, b: F.stack([a, b], axis=1), apart(2, 3), apart(2, 3)),
    _on("concatenate", "twice", lambda a: F.cat([a, a], axis=1), apart(2, 2)),
    _on("pad", "columns", lambda x: F.pad(x, (1, 2)), apart(2, 3)),
    _on("pad", "both", lambda x: F.pad(x, (0, 1, 2, 0), value=7.0), apart(2, 3)),
    *[
        _on("conv2d", label, function, apart(2, 2, 4, 3), apart(3, 2, 2, 3, seed=1))
        for label, function in CONVOLUTIONS.items()
    ],
    _on("conv2d", "bias", F.conv2d, apart(2, 2, 3, 3), apart(2, 2, 2, 2), apart(2, seed=2)),
    *[
        _on("conv_transpose2d", label, function, apart(2, 2, 2, 3), apart(2, 3, 3, 2, seed=1))
        for label, function in TRANSPOSED.items()
    ],
    _on(
        "conv_transpose2d",
        "bias",
        lambda x, w, b: F.conv_transpose2d(x, w, b, 2),
        apart(2, 2, 2, 1),
        apart(2, 3, 1, 2, seed=1),
        apart(3, seed=2),
    ),
    _on(
        "conv2d_weight",
        "stride, padding",
        lambda x, g: F.conv2d_weight(x, g, (2, 3), 2, 1),
        apart(2, 2, 4, 3),
        apart(2, 3, 3, 2, seed=1),
    ),
    _on("max_pool2d", "plain", lambda x: F.max_pool2d(x, 2), apart(2, 1, 4, 3)),
    _on("max_pool2d", "overlap", lambda x: F.max_pool2d(x, (3, 2), 1, 1), apart(1, 2, 3, 4)),
    _on("window_sum", "plain", lambda x: pooling.window_sum(x, 2), apart(2, 1, 3, 3)),
    _on("window_sum", "stride", lambda x: pooling.window_sum(x, 3, (2, 1), 1), apart(1, 2, 4, 3)),
    _on("window_spread", "blocks", lambda x: F.upsample(x, (2, 3)), apart(2, 1, 2, 2)),
    _on(
        "window_spread",
        "overlap",
        lambda g: pooling.window_spread(g, (4, 3), 3, (2, 1), 1),
        apart(1, 2, 2, 3),
    ),
    _on(
        "window_pick", "overlap", lambda x: pooling.window_pick(x, TAPS, 3, 2, 1), apart(1, 2, 3, 4)
    ),
    _on(
        "window_put",
        "overlap",
        lambda g: pooling.window_put(g, TAPS, (3, 4), 3, 2, 1),
        apart(1, 2, 2, 2),
    ),
    _on("logits_cross_entropy", "matrix", losses.logits_cross_entropy, apart(2, 3), unit(2, 3)),
    _on("logits_cross_entropy", "scalars", losses.logits_cross_entropy, apart(), unit()),
    _on(
        "probability_cross_entropy",
        "matrix",
        losses.probability_cross_entropy,
        unit(2, 3),
        unit(2, 3, seed=1),
    ),
    _on("probability_cross_entropy", "scalars", losses.probability_cross_entropy, unit(), unit()),
    _on("kl_to_standard_normal", "matrix", losses.kl_to_standard_normal, apart(2, 3), apart(2, 3)),
]

STAY = [case for case in OPS if case.name != "to_device"]
"""The catalogue's but that one, whose output leaves the device of its input."""

CASES = [*STAY, *LOSSES, *SUMMANDS, *FURTHER]
