"""The figures of lesson 01, and what has to be done before they can be drawn."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import data, nn, viz

Array = npt.NDArray[Any]
Parameters = dict[str, Array]

PIXELS, HIDDEN, CLASSES = 28 * 28, 32, 10
IMAGES, BATCH = 6000, 100

_SIGNED = "PuOr"
"""The colours of numbers of both signs: orange below 0, white at 0, violet above."""


def printed_digits() -> tuple[Array, Array]:
    """Return 6000 images as rows of 784 pixels, and for each a row with a 1 at its digit."""
    train = data.load("printed_digits")
    return _rows(train.images[:IMAGES]), np.eye(CLASSES)[train.labels[:IMAGES]]


def first_parameters(hidden: int = HIDDEN) -> Parameters:
    """Return small random weights and biases of 0, by their names."""
    normal = np.random.default_rng(0).normal
    return {
        "W1": normal(0, 0.05, (PIXELS, hidden)),
        "b1": np.zeros((1, hidden)),
        "W2": normal(0, 0.1, (hidden, CLASSES)),
        "b2": np.zeros((1, CLASSES)),
    }


def minibatches(epochs: int) -> list[Array]:
    """Return which images each minibatch has: in every epoch all of them, in a new order."""
    random = np.random.default_rng(1)
    orders = [random.permutation(IMAGES) for _ in range(epochs)]
    return [batch for order in orders for batch in np.split(order, IMAGES // BATCH)]


def minigen_model(theta: Parameters) -> nn.Sequential:
    """Return the library's network with these parameters; `nn.Dense` keeps weights transposed."""
    layers = nn.Dense(PIXELS, HIDDEN), nn.Tanh(), nn.Dense(HIDDEN, CLASSES)
    model = nn.Sequential(*layers).to("float64")
    for dense, number in ((model[0], "1"), (model[2], "2")):
        dense.weight.data = theta["W" + number].T.copy()
        dense.bias.data = theta["b" + number][0].copy()
    return model


def step(model: nn.Sequential, x: Array, targets: Array, rate: float = 0.5) -> float:
    """Take one step of gradient descent; return the loss before it."""
    loss = F.cross_entropy(model(minigen.tensor(x)), minigen.tensor(targets.argmax(axis=1)))
    model.zero_grad()
    loss.backward()
    for parameter in model.parameters():
        assert parameter.grad is not None
        parameter.data = parameter.data - rate * parameter.grad.data
    return float(loss.item())


def before_and_after() -> None:
    """Draw what a network takes test digits for, before its training and after sixty steps."""
    x, targets = printed_digits()
    model, test = minigen_model(first_parameters()), data.load("printed_digits", "test")
    pixels = minigen.tensor(_rows(test.images))
    answers = [model(pixels).numpy().argmax(axis=1)]
    for batch in minibatches(1):
        step(model, x[batch], targets[batch])
    answers.append(model(pixels).numpy().argmax(axis=1))

    parts: Any = plt.figure(figsize=(9, 2.6)).subfigures(2)
    names = ("Before training", "After 60 steps")
    for part, name, answer in zip(parts, names, answers, strict=True):
        row = part.subplots(1, 12)
        for ax, image, guess, label in zip(row, test.images, answer, test.labels, strict=False):
            ax.imshow(image[0])
            ax.set(xticks=[], yticks=[])
            ax.grid(visible=False)
            right = guess == label
            ax.set_xlabel(
                str(guess),
                color=viz.COLOURS[0] if right else viz.COLOURS[1],
                fontweight="bold" if right else "normal",
            )
        share = np.mean(answer == test.labels)
        told = f"{name}: {share:.1%} of {len(test.labels):,} answers right (orange: wrong)"
        part.suptitle(told, fontsize="medium")
    plt.show()


def computational_graph() -> None:
    """Draw the graph of L = u v with u = a b and v = u + a: values, and cotangents."""
    places = {"a": (0, 1), "b": (0, 0), "u = a b": (2, 0), "v = u + a": (4, 1), "L = u v": (6, 0)}
    numbers = {
        "a": (2, 24),
        "b": (-3, -20),
        "u = a b": (-6, -10),
        "v = u + a": (-4, -6),
        "L = u v": (24, 1),
    }
    arrows = {
        ("a", "u = a b"): "b · (−10) = 30",
        ("b", "u = a b"): "a · (−10) = −20",
        ("a", "v = u + a"): "1 · (−6) = −6",
        ("u = a b", "v = u + a"): "1 · (−6) = −6",
        ("u = a b", "L = u v"): "v · 1 = −4",
        ("v = u + a", "L = u v"): "u · 1 = −6",
    }
    _, ax = plt.subplots(figsize=(9, 3.8))
    for (parent, child), text in arrows.items():
        start, end = places[parent], places[child]
        ends = {"arrowstyle": "-|>", "shrinkA": 34, "shrinkB": 40, "color": "0.4"}
        ax.annotate("", end, start, arrowprops=ends)
        lift = 0.09 if start[1] == end[1] else 0.0
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + lift)
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        _centred(ax, middle, text, color=viz.COLOURS[1], bbox=white)
    for name, (x, y) in places.items():
        value, cotangent = (str(number).replace("-", "−") for number in numbers[name])
        box = {"boxstyle": "round,pad=0.5", "facecolor": "#eef0f8", "edgecolor": viz.COLOURS[0]}
        _centred(ax, (x, y), f"{name}\n{value}", linespacing=1.5, bbox=box)
        derivative = f"∂L/∂{name[0]} = {cotangent}"
        _centred(ax, (x, y - 0.29), derivative, color=viz.COLOURS[1], fontweight="bold")
    ax.set_title("Values flow to the right; derivatives flow to the left, and add where paths meet")
    ax.set(xlim=(-0.7, 6.7), ylim=(-0.45, 1.3))
    ax.axis("off")
    plt.show()


def gradient_images(gradient: Array) -> None:
    """Draw the gradient of W1, a column for each hidden unit, as images."""
    figure, axes = plt.subplots(2, 8, figsize=(9, 2.8))
    largest = abs(gradient[:, :16]).max()
    for ax, column in zip(axes.flat, gradient.T, strict=False):
        drawn = ax.imshow(column.reshape(28, 28), cmap=_SIGNED, vmin=-largest, vmax=largest)
        ax.axis("off")
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="∂L / ∂W₁")
    figure.suptitle("The gradient with respect to $W_1$: the 784 weights of each of 16 units")
    plt.show()


def both_curves(curves: dict[str, list[float]], apart: list[float]) -> None:
    """Draw the losses of our engine and the library's, and how far apart the weights are."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    (thick, ours), (thin, theirs) = curves.items()
    left.plot(ours, color=viz.COLOURS[1], linewidth=6, alpha=0.5, linestyle="-", label=thick)
    left.plot(theirs, color=viz.COLOURS[0], linewidth=1, linestyle="-", label=thin)
    left.set(title="Loss of each minibatch", xlabel="step", ylabel="nats per image", yscale="log")
    left.legend()
    right.plot(np.maximum(apart, 1e-18), linewidth=1)
    right.set(
        title="Largest difference between the weights $W_1$",
        xlabel="step",
        ylabel="difference",
        yscale="log",
    )
    epsilon = np.finfo(np.float64).eps
    right.axhline(epsilon, color="0.5", linestyle=":", label="rounding of a number near 1")
    right.legend()
    plt.show()


def mistaken_digits(model: nn.Sequential) -> float:
    """Draw test digits that the network takes for others; return the share that it gets right."""
    test = data.load("printed_digits", "test")
    guesses = model(minigen.tensor(_rows(test.images))).numpy().argmax(axis=1)
    wrong = np.flatnonzero(guesses != test.labels)
    _, axes = plt.subplots(1, 10, figsize=(9, 1.6))
    for ax, number in zip(axes, wrong, strict=False):
        ax.imshow(test.images[number, 0])
        ax.set_xlabel(f"{test.labels[number]}, not {guesses[number]}", fontsize="small")
    for ax in axes:
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
    plt.suptitle(
        f"{len(wrong)} of {len(guesses):,} test digits are taken for another; here are ten"
    )
    plt.show()
    return 1 - len(wrong) / len(guesses)


def multiplications(
    engine: Any, loss: Callable[..., Any], hidden: int, images: int = 20
) -> tuple[int, int, int]:
    """Count the multiplications in matrix products: of the loss, and of its backward pass.

    Parameters
    ----------
    engine : type
        The class of values, whose ``__matmul__`` is counted while this function runs.
    loss : callable
        ``loss(theta, x, targets)``.
    hidden, images : int
        The sizes of the network and of the minibatch.

    Returns
    -------
    parameters, forward, backward : int
    """
    x, targets = (array[:images] for array in printed_digits())
    tally = {"forward": 0, "backward": 0}
    uncounted = engine.__matmul__

    def counted(left: Any, right: Any) -> Any:
        product = uncounted(left, right)
        rule = product.rule
        tally["forward"] += left.data.size * right.data.shape[1]

        def counted_rule(g: Array) -> Any:
            tally["backward"] += g.size * right.data.shape[0] + left.data.shape[1] * g.size
            return rule(g)

        product.rule = counted_rule
        return product

    theta = {name: engine(array) for name, array in first_parameters(hidden).items()}
    try:
        engine.__matmul__ = counted
        loss(theta, engine(x), engine(targets)).backward()
    finally:
        engine.__matmul__ = uncounted
    count = sum(value.data.size for value in theta.values())
    return count, tally["forward"], tally["backward"]


def price_of_a_gradient(engine: Any, loss: Callable[..., Any]) -> None:
    """Draw what a gradient costs, by finite differences and by backpropagation."""
    counts = np.array([multiplications(engine, loss, 2**k) for k in range(9)])
    parameters, forward, backward = counts.T
    _, ax = plt.subplots()
    ax.loglog(parameters, parameters + 1, marker="s", label="finite differences")
    ax.loglog(parameters, (forward + backward) / forward, marker="o", label="backpropagation")
    ax.set(
        title="The price of one gradient",
        xlabel="parameters of the network",
        ylabel="in evaluations of the loss",
        ylim=(1, None),
    )
    ax.legend()
    plt.show()


def with_mistake(backward: Callable[..., None], line: str, mistake: str) -> Callable[..., None]:
    """Return the method `backward` with a line of its source, or several, replaced."""
    source = textwrap.dedent(inspect.getsource(backward))
    if source.count(line) != 1:
        raise ValueError(f"with_mistake: {line!r} occurs {source.count(line)} times, expected once")
    names = dict(backward.__globals__)
    exec(source.replace(line, mistake), names)
    mistaken: Callable[..., None] = names[backward.__name__]
    return mistaken


def descent(forget: bool, steps: int = 150, rate: float = 0.02) -> list[float]:
    """Descend on w^2 / 2 from 1; return w before each step. `forget` never clears gradients."""
    w, visited = minigen.tensor(np.ones(1), requires_grad=True), []
    for _ in range(steps):
        visited.append(w.item())
        if not forget:
            w.zero_grad()
        (w * w * 0.5).sum().backward()
        assert w.grad is not None
        w.data = w.data - rate * w.grad.data
    return visited


def two_descents(careful: list[float], forgetful: list[float]) -> None:
    """Draw w over the steps of both."""
    _, ax = plt.subplots()
    ax.plot(careful, label="with zero_grad")
    ax.plot(forgetful, label="without")
    ax.set(title="Gradient descent on $w^2 / 2$", xlabel="step", ylabel="w", ylim=(-1.5, 1.15))
    ax.legend(loc="lower center", ncols=2)
    plt.show()


def _rows(images: Array) -> Array:
    """Return images of bytes as rows of numbers from 0 to 1, in double precision."""
    return images.reshape(len(images), -1) / 255.0


def _centred(ax: Any, place: tuple[float, float], text: str, **options: Any) -> None:
    ax.text(*place, text, ha="center", va="center", **options)
