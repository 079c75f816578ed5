"""Each optimiser against its textbook equations, one number at a time in Python's floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim

from .quadratic import noise, parameters, run, start

SHAPES = [(2, 3), ()]

Rule = Callable[..., Iterator[float]]
"""Takes the first weight and the gradient's function; yields the weight after each step."""


def sgd(
    w: float, gradient: Callable[[float, int], float], lr: float, momentum: float = 0,
    dampening: float = 0, weight_decay: float = 0, nesterov: bool = False,
) -> Iterator[float]:  # fmt: skip
    b = None
    for t in range(10**9):
        g = gradient(w, t) + weight_decay * w
        if momentum:
            b = g if b is None else momentum * b + (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        w = w - lr * g
        yield w


def rmsprop(
    w: float, gradient: Callable[[float, int], float], lr: float, alpha: float = 0.99,
    eps: float = 1e-8, weight_decay: float = 0, momentum: float = 0, centered: bool = False,
) -> Iterator[float]:  # fmt: skip
    v = m = b = 0.0
    for t in range(10**9):
        g = gradient(w, t) + weight_decay * w
        v = alpha * v + (1 - alpha) * g * g
        m = alpha * m + (1 - alpha) * g
        b = momentum * b + g / (math.sqrt(v - m * m if centered else v) + eps)
        w = w - lr * b
        yield w


def adam(
    w: float, gradient: Callable[[float, int], float], lr: float,
    betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
    amsgrad: bool = False, decoupled: bool = False,
) -> Iterator[float]:  # fmt: skip
    m = v = largest = 0.0
    for t in range(10**9):
        g = gradient(w, t) + (0 if decoupled else weight_decay * w)
        w = w - (lr * weight_decay * w if decoupled else 0)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        largest = max(largest, v)
        m_hat = m / (1 - betas[0] ** (t + 1))
        v_hat = (largest if amsgrad else v) / (1 - betas[1] ** (t + 1))
        w = w - lr * m_hat / (math.sqrt(v_hat) + eps)
        yield w


def adamw(w: float, gradient: Callable[[float, int], float], **options: Any) -> Iterator[float]:
    return adam(w, gradient, **options, decoupled=True)


Kind = Callable[..., optim.Optimizer]

CASES: list[tuple[Kind, Rule, dict[str, Any]]] = [
    (optim.SGD, sgd, {"lr": 0.05, "weight_decay": 0.1}),
    (optim.SGD, sgd, {"lr": 0.05, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1}),
    (optim.SGD, sgd, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    (optim.RMSprop, rmsprop, {"lr": 0.02}),
    (optim.RMSprop, rmsprop, {"lr": 0.02, "alpha": 0.8, "eps": 0.1, "weight_decay": 0.1}),
    (optim.RMSprop, rmsprop, {"lr": 0.02, "momentum": 0.7, "centered": True}),
    (optim.Adam, adam, {"lr": 0.02}),
    (optim.Adam, adam, {"lr": 0.02, "betas": (0.5, 0.9), "eps": 0.1, "weight_decay": 0.1}),
    (optim.Adam, adam, {"lr": 0.02, "betas": (0.5, 0.9), "amsgrad": True}),
    (optim.AdamW, adamw, {"lr": 0.02, "weight_decay": 0.3}),
    (optim.AdamW, adamw, {"lr": 0.02, "weight_decay": 0.3, "betas": (0.5, 0.9), "amsgrad": True}),
]


def results_of(kind: Kind, options: dict[str, Any]) -> list[str]:
    """Return the results of the derivations that a case follows."""
    if kind is optim.SGD:
        return ["sgd.nesterov" if options.get("nesterov") else "sgd"]
    if kind is optim.RMSprop:
        return ["rmsprop"]
    own = ["adam.amsgrad"] if options.get("amsgrad") else ["adam"]
    return [*own, "adam.bias_correction", *(["adamw"] if kind is optim.AdamW else [])]


@pytest.mark.parametrize(
    ("kind", "rule", "options"),
    [
        pytest.param(*case, marks=pytest.mark.derivation(*results_of(case[0], case[2])))
        for case in CASES
    ],
)
def test_the_weights_follow_the_equations(kind: Kind, rule: Rule, options: dict[str, Any]) -> None:
    ours = parameters(shapes=SHAPES)
    optimizer = kind(ours, **options)
    disturbances = list(noise(40, shapes=SHAPES))
    run(optimizer, ours, iter(disturbances))
    for position, first in enumerate(start(shapes=SHAPES)):
        for index in np.ndindex(first.shape):
            steps = rule(
                float(first[index]),
                lambda w, t: w + math.sin(3 * w) + disturbances[t][position][index],  # noqa: B023 - used at once
                **options,
            )
            expected = [next(steps) for _ in disturbances][-1]
            assert ours[position].array[index] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("kind", "rule", "options"), CASES)
def test_float32_follows_float64_and_stays_float32(
    kind: Kind, rule: Rule, options: dict[str, Any]
) -> None:
    single, double = parameters("float32"), parameters("float64")
    optimizer = kind(single, **options)
    run(optimizer, single, noise(20))
    run(kind(double, **options), double, noise(20))
    for a, b in zip(single, double, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a.array, b.array, rtol=1e-3, atol=1e-4)
    for state in optimizer.state.values():
        assert {m.dtype for k, m in state.items() if k != "step"} <= {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (optim.RMSprop, {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0}),
        (optim.Adam, {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0}),
        (optim.AdamW, {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
    ],
)
def test_what_is_not_said_is_pytorchs_default(kind: Kind, options: dict[str, Any]) -> None:
    switched_off = {"centered": False} if kind is optim.RMSprop else {"amsgrad": False}
    assert kind([nn.Parameter([1.0])]).defaults == options | switched_off


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_adams_first_step_is_the_learning_rate_whatever_the_gradient(
    kind: Kind, scale: float
) -> None:
    weight = nn.Parameter([0.0])
    weight.grad = minigen.tensor([scale])
    kind([weight], lr=0.25).step()
    assert weight.item() == pytest.approx(-0.25, rel=1e-3)


def test_l2_decay_of_adam_depends_on_the_gradients_and_adamws_does_not() -> None:
    def shrunk(kind: Kind, gradient: float) -> float:
        weights = [nn.Parameter([1.0]), nn.Parameter([0.0])]
        optimizer = kind(weights, lr=0.01, weight_decay=0.1)
        for _ in range(10):
            for weight in weights:
                weight.grad = minigen.tensor([gradient])
            optimizer.step()
        return weights[0].item() - weights[1].item()  # type: ignore[no-any-return]

    assert shrunk(optim.AdamW, 10) == pytest.approx(shrunk(optim.AdamW, 1000), rel=1e-4)
    assert shrunk(optim.AdamW, 10) == pytest.approx((1 - 0.001) ** 10, rel=1e-5)
    assert 1 - shrunk(optim.Adam, 10) < 0.1 * (1 - shrunk(optim.AdamW, 10))


def test_centred_rmsprop_stays_finite_where_rounding_makes_the_variance_negative() -> None:
    weight = nn.Parameter(np.zeros(1000, np.float32))
    gradient = np.random.default_rng(0).uniform(0.1, 10, 1000).astype(np.float32)
    optimizer = optim.RMSprop([weight], lr=1e-3, alpha=0.5, centered=True)
    for _ in range(100):  # v and m² meet, up to rounding
        weight.grad = minigen.tensor(gradient)
        optimizer.step()
    state = optimizer.state[weight]
    assert (state["square_avg"] - state["grad_avg"] ** 2).min() < 0
    assert np.isfinite(weight.array).all()
