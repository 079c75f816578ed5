"""The figures of lesson 02, its four networks, and the ops with wrong gradient rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import Tensor, data, viz
from minigen.checker import GradReport, gradcheck_parameters, gradcheck_plot
from minigen.course import at_most
from minigen.engine.op import Op

Array = npt.NDArray[Any]

IMAGES, BATCH = 4000, 50
EPSILON: Final = float(np.finfo(np.float64).eps)

_SIGNED = "PuOr"
"""The colours of numbers of both signs: orange below 0, white at 0, violet above."""


def declared(function: Callable[..., Any], rule: Callable[..., Any]) -> Op[Any]:
    """Return an op of a function and a gradient rule."""
    op: Op[Any] = Op(function)
    op.vjp(rule)
    return op


# The four networks. Their layers are separated by two ops, each with a gradient rule.


def standardize(x: Array) -> Array:
    """Shift and scale each row to mean 0 and variance 1."""
    deviation = x - x.mean(axis=-1, keepdims=True)
    result: Array = deviation / np.sqrt((deviation**2).mean(axis=-1, keepdims=True) + 1e-5)
    return result


def swish(x: Array) -> Array:
    """Return x times its sigmoid."""
    result: Array = x / (1 + np.exp(-x))
    return result


def _scale(x: Any) -> Any:
    """Return what `standardize` divides by."""
    return F.sqrt(F.var(x, -1, keepdims=True, correction=0) + 1e-5)


def standardize_whole(g: Any, out: Any, x: Any) -> tuple[Any]:
    """Take into account that mean and scale depend on x."""
    coupled = F.mean(g, -1, keepdims=True) + out * F.mean(g * out, -1, keepdims=True)
    return ((g - coupled) / _scale(x),)


def standardize_direct(g: Any, _out: Any, x: Any) -> tuple[Any]:
    """Treat mean and scale as constants, which is wrong."""
    return (g / _scale(x),)


def swish_by_output(g: Any, out: Any, x: Any) -> tuple[Any]:
    """Use that the output is x times the sigmoid."""
    s = F.sigmoid(x)
    return (g * (s + out * (1 - s)),)


def swish_one_factor(g: Any, _out: Any, x: Any) -> tuple[Any]:
    """Forget that the sigmoid depends on x, which is wrong."""
    return (g * F.sigmoid(x),)


def swish_twice(g: Any, _out: Any, x: Any) -> tuple[Any]:
    """Forget a factor s in the second term, which is wrong."""
    s = F.sigmoid(x)
    return (g * (s + x * (1 - s)),)


_NETWORKS: Final = {
    "A": (standardize_direct, swish_by_output),
    "B": (standardize_whole, swish_twice),
    "C": (standardize_whole, swish_by_output),
    "D": (standardize_whole, swish_one_factor),
}


def ops_of(name: str) -> tuple[Op[Any], Op[Any]]:
    """Return the two ops that stand between the layers of a network."""
    norm_rule, activation_rule = _NETWORKS[name]
    return declared(standardize, norm_rule), declared(swish, activation_rule)


def weights(seed: int = 0) -> dict[str, Tensor]:
    """Draw weights for three layers; all networks begin with the same."""
    draw = np.random.default_rng(seed).normal
    shapes = {
        "W1": (784, 32),
        "b1": (32,),
        "W2": (32, 32),
        "b2": (32,),
        "W3": (32, 10),
        "b3": (10,),
    }
    return {
        name: minigen.tensor(draw(0, 0.1, shape), requires_grad=True)
        for name, shape in shapes.items()
    }


def network(w: dict[str, Tensor], ops: tuple[Op[Any], Op[Any]], x: Tensor) -> Tensor:
    """Return the logits."""
    norm, activation = ops
    h = activation(norm(F.matmul(x, w["W1"]) + w["b1"]))
    h = activation(norm(F.matmul(h, w["W2"]) + w["b2"]))
    logits: Tensor = F.matmul(h, w["W3"]) + w["b3"]
    return logits


def learn(name: str, epochs: int = 6, rate: float = 0.1) -> tuple[list[float], float]:
    """Train a network; return the loss after each epoch, and the share of test images right."""
    train, test = data.load("printed_digits"), data.load("printed_digits", "test")
    x, x_test = (s.images[:IMAGES].reshape(-1, 784) / 255.0 for s in (train, test))
    ops, w, order = ops_of(name), weights(), np.random.default_rng(1)
    curve = []
    for _ in range(at_most(epochs)):
        losses = []
        batches = np.split(order.permutation(IMAGES), IMAGES // BATCH)
        for batch in batches[: at_most(len(batches))]:
            logits = network(w, ops, minigen.tensor(x[batch]))
            loss = F.cross_entropy(logits, minigen.tensor(train.labels[batch]))
            for parameter in w.values():
                parameter.zero_grad()
            loss.backward()
            for parameter in w.values():
                assert parameter.grad is not None
                parameter.data = parameter.data - rate * parameter.grad.data
            losses.append(loss.item())
        curve.append(float(np.mean(losses)))
    logits = network(w, ops, minigen.tensor(x_test))
    return curve, float(np.mean(logits.numpy().argmax(axis=1) == test.labels[:IMAGES]))


def four_networks() -> dict[str, tuple[list[float], float]]:
    """Train all four, and draw their losses; return losses and shares by name."""
    learnt = {name: learn(name) for name in _NETWORKS}
    _, ax = plt.subplots()
    for marker, (name, (curve, share)) in zip("os^D", learnt.items(), strict=True):
        label = f"{name}: {share:.1%} of test digits right"
        ax.plot(range(1, len(curve) + 1), curve, marker=marker, markersize=4, label=label)
    ax.set(
        title="Four networks learn to read printed digits. Three have a wrong gradient",
        xlabel="epoch",
        ylabel="training loss, nats per image",
        yscale="log",
    )
    ax.legend()
    plt.show()
    return learnt


def check_network(name: str) -> GradReport:
    """Check the gradient of a network's loss with respect to all its weights."""
    train = data.load("printed_digits")
    x = minigen.tensor(train.images[:12].reshape(-1, 784) / 255.0)
    labels, ops, w = minigen.tensor(train.labels[:12]), ops_of(name), weights(seed=3)
    return gradcheck_parameters(lambda: F.cross_entropy(network(w, ops, x), labels), w)


# The error of a difference, against its step.

STEPS: Final = 2.0 ** -np.arange(51)
"""Powers of 2, which x + h holds without rounding."""


def errors_of_differences() -> dict[str, Array]:
    """Return the relative errors of three differences of e^x at 1, for each of the `STEPS`."""
    x, h = 1.0, STEPS

    def central(h: Array) -> Array:
        result: Array = (np.exp(x + h) - np.exp(x - h)) / (2 * h)
        return result

    slopes = {
        "forward": (np.exp(x + h) - np.exp(x)) / h,
        "central": central(h),
        "Richardson": (4 * central(h / 2) - central(h)) / 3,
    }
    return {name: abs(slope - math.e) / math.e for name, slope in slopes.items()}


def derived_errors(h: Array) -> dict[str, Array]:
    """Return the relative errors to expect at steps h if f = f' = f'' = ..."""
    return {
        "forward": h / 2 + 2 * EPSILON / h,
        "central": h**2 / 6 + EPSILON / h,
        "Richardson": h**4 / 480 + 3 * EPSILON / h,
    }


BEST_STEPS: Final = {
    "forward": 2 * EPSILON**0.5,
    "central": (3 * EPSILON) ** (1 / 3),
    "Richardson": (360 * EPSILON) ** (1 / 5),
}
"""Where the errors to expect are least."""


def u_curves(errors: dict[str, Array]) -> None:
    """Draw the errors of differences, measured and derived, on logarithmic axes."""
    _, ax = plt.subplots(figsize=(7.4, 4.4))
    for colour, marker, (name, found) in zip(viz.COLOURS, "^os", errors.items(), strict=False):
        options: dict[str, Any] = {"color": colour, "linestyle": "", "markersize": 4}
        ax.loglog(STEPS, np.maximum(found, 1e-17), marker, label=name, **options)
        ax.loglog(STEPS, derived_errors(STEPS)[name], "-", color=colour, linewidth=1)
        ax.axvline(BEST_STEPS[name], color=colour, linestyle=":", linewidth=1)
    ax.set(
        title="Errors of numerical derivatives of $e^x$: measured, and derived (lines)",
        xlabel="step h   (left: rounding; right: truncation; dotted: the best step)",
        ylabel="relative error",
        ylim=(1e-17, 3),
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 0.02))
    plt.show()


def precisions(function: Callable[..., Any], inputs: list[Array]) -> None:
    """Draw the error of differences of a function in float64 and in float32."""
    _, ax = plt.subplots(figsize=(7.4, 4.4))
    gradcheck_plot(function, inputs, ax=ax)
    plt.show()


# The trap of ones.


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = e / e.sum(axis=-1, keepdims=True)
    return result


def _batch_norm(x: Array) -> Array:
    deviation = x - x.mean(axis=0)
    result: Array = deviation / np.sqrt((deviation**2).mean(axis=0) + 1e-5)
    return result


def _tanh(x: Array) -> Array:
    result: Array = np.tanh(x)
    return result


def _zeros(g: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (0 * g,)


def _reversed(g: Array, out: Array, _x: Array) -> tuple[Array]:
    return (g[::-1] * (1 - out * out),)


def traps() -> dict[str, tuple[Op[Any], Array]]:
    """Return three ops with wrong rules, each with an input at which to check it."""
    draw = np.random.default_rng(0).normal
    return {
        "softmax, rule: zeros": (declared(_softmax, _zeros), draw(size=5)),
        "batch norm, rule: zeros": (declared(_batch_norm, _zeros), draw(size=(6, 2))),
        "tanh, rule: cotangent reversed": (declared(_tanh, _reversed), draw(size=5)),
    }


def softmax_jacobian() -> tuple[Array, Array]:
    """Return the Jacobian of softmax at the trap's input, and a random cotangent."""
    y = _softmax(traps()["softmax, rule: zeros"][1])
    return np.diag(y) - np.outer(y, y), np.random.default_rng(2).normal(size=5)


def sums_of_columns(jacobian: Array, g: Array) -> None:
    """Draw the Jacobian of softmax, and what two cotangents make of it."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(1, 1.4))
    largest = abs(jacobian).max()
    left.imshow(jacobian, cmap=_SIGNED, vmin=-largest, vmax=largest)
    for (i, j), entry in np.ndenumerate(jacobian):
        shade = "white" if abs(entry) > 0.7 * largest else "black"
        text = f"{entry:.2f}".replace("-", "−")
        left.text(j, i, text, ha="center", va="center", color=shade, fontsize=8)
    left.set(title="The Jacobian of softmax", xlabel="input j", ylabel="output i")
    left.grid(visible=False)

    places = np.arange(5)
    ones = np.ones(5) @ jacobian
    right.bar(places - 0.2, ones, 0.36, label="cotangent of ones", color=viz.COLOURS[1])
    right.bar(places + 0.2, g @ jacobian, 0.36, label="random cotangent", color=viz.COLOURS[0])
    right.plot(places - 0.2, ones, "D", color=viz.COLOURS[1], linestyle="")  # bars of height 0
    right.axhline(0, color="0.3", linewidth=1)
    right.set(title="The true gradient of softmax", xlabel="input j", ylabel="gradient")
    right.legend()
    plt.show()


# A few random directions.


def overlooked_shares(trials: int = 5000, count: int = 26_506) -> dict[tuple[str, int], Array]:
    """Count how often an error of length 1 in a gradient is overlooked by random directions.

    Returns
    -------
    dict
        For an error spread over all parameters, or in a single one, and for 1 and 3 directions:
        the share overlooked at each of the `TOLERANCES`.
    """
    random = np.random.default_rng(0)
    spread = random.normal(size=count)
    spread /= np.linalg.norm(spread)
    slopes: dict[str, list[Array]] = {"spread over all": [], "in one weight": []}
    for _ in range(at_most(trials)):
        v = random.normal(size=(3, count))
        slopes["spread over all"].append(abs(v @ spread))
        slopes["in one weight"].append(abs(v[:, 7]))
    return {
        (name, k): (np.array(found)[:, :k].max(axis=1) <= TOLERANCES[:, None]).mean(axis=1)
        for name, found in slopes.items()
        for k in (1, 3)
    }


TOLERANCES: Final = np.geomspace(1e-2, 3, 13)


def probability_missed(tolerances: Array, directions: int) -> Array:
    """Return the probability, as derived, that an error of length 1 is overlooked."""
    return np.array([math.erf(t / math.sqrt(2)) ** directions for t in tolerances])


def overlooked_curves(shares: dict[tuple[str, int], Array]) -> None:
    """Draw how often errors are overlooked, measured and derived."""
    _, ax = plt.subplots()
    fine = np.geomspace(1e-2, 3, 100)
    for k, colour in ((1, viz.COLOURS[1]), (3, viz.COLOURS[0])):
        ax.loglog(fine, probability_missed(fine, k), "-", color=colour, label=f"derived, K = {k}")
        for name, marker in (("spread over all", "o"), ("in one weight", "x")):
            options: dict[str, Any] = {"color": colour, "linestyle": ""}
            ax.loglog(TOLERANCES, shares[name, k], marker, label=f"error {name}", **options)
    ax.set(
        title="How often K random directions overlook an error",
        xlabel=r"tolerance $\tau$, in units of the error's length $\|e\|$",
        ylabel="probability",
        ylim=(1e-5, 1.5),
    )
    ax.legend(fontsize="small")
    plt.show()
