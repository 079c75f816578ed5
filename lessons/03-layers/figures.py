"""The figures of lesson 03, and the deep networks that are trained for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.patches import Rectangle

import minigen
import minigen.functional as F
from minigen import data, nn, optim, viz
from minigen.course import at_most, progress

Array = npt.NDArray[Any]
Runs = dict[float, list[tuple[Array, Array]]]

DEPTH, WIDTH, BATCH = 20, 64, 50
_SIGNED = "PuOr"
"""The colours of numbers of both signs: orange below 0, white at 0, violet above."""


def _rows(part: str, count: int) -> tuple[Array, Array]:
    """Return printed digits as rows of 784 pixels, and which digits they are."""
    split = data.load("printed_digits", part)
    rows = split.images[:count].reshape(-1, 784) / 255
    return rows.astype(np.float32), split.labels[:count]


X_TRAIN, LABELS = _rows("train", 2000)
X_TEST, TEST_LABELS = _rows("test", 2000)


# Deep networks, and how they are trained.


def network(factor: float, norm: bool = False) -> nn.Sequential:
    """Return twenty layers, their weights drawn with the standard deviation factor * sqrt(2 / I).

    I is the number of a layer's inputs. With `norm`, batch norm stands before each ReLU.
    """
    generator, layers = minigen.Generator(0), []
    inputs = X_TRAIN.shape[1]
    for _ in range(DEPTH):
        dense = nn.Dense(inputs, WIDTH)
        nn.init.normal_(dense.weight, 0, factor * np.sqrt(2 / inputs), generator)
        nn.init.zeros_(dense.bias)
        layers += [dense, nn.BatchNorm1d(WIDTH), nn.ReLU()] if norm else [dense, nn.ReLU()]
        inputs = WIDTH
    last = nn.Dense(WIDTH, 10)
    nn.init.normal_(last.weight, 0, np.sqrt(1 / WIDTH), generator)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)


def learn(model: nn.Sequential, epochs: int, rate: float) -> tuple[list[float], float]:
    """Train a network; return the loss after each epoch, and the share of test images right.

    The loss is NaN as soon as the numbers leave the range of float32; the share is then that of
    guessing.
    """
    optimizer, order = optim.SGD(model.parameters(), lr=rate), np.random.default_rng(1)
    curve: list[float] = []
    with np.errstate(all="ignore"):
        for _ in range(at_most(epochs)):
            losses = []
            batches = np.split(order.permutation(len(X_TRAIN)), len(X_TRAIN) // BATCH)
            for batch in batches[: at_most(len(batches))]:
                logits = model(minigen.tensor(X_TRAIN[batch]))
                loss = F.cross_entropy(logits, minigen.tensor(LABELS[batch]))
                if not np.isfinite(loss.item()):
                    return [*curve, np.nan], 0.1
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            curve.append(float(np.mean(losses)))
    return curve, accuracy(model.eval(), X_TEST, TEST_LABELS)


def accuracy(model: nn.Sequential, x: Array, labels: Array) -> float:
    """Return the share of images that are recognised."""
    return float(np.mean(model(minigen.tensor(x)).numpy().argmax(axis=1) == labels))


def three_networks() -> dict[str, tuple[list[float], float]]:
    """Train three networks that differ in the size of their first weights; draw their losses."""
    sizes = {"weights × 0.41": 0.41, "weights × 1": 1.0, "weights × 1.5": 1.5}
    learnt = {name: learn(network(f), 10, 0.02) for name, f in progress(sizes.items(), "training")}
    _, ax = plt.subplots()
    for marker, (name, (curve, share)) in zip("so", list(learnt.items())[:2], strict=True):
        label = f"{name}: {share:.0%} of test digits right"
        ax.plot(range(1, len(curve) + 1), curve, marker=marker, label=label)
    ax.axhline(np.log(10), color="0.6", linewidth=1, linestyle=":")
    ax.annotate(
        "a guess: ln 10", (10.5, np.log(10)), (0, 5), textcoords="offset points", ha="right"
    )
    arrow = {"arrowstyle": "-|>", "color": viz.COLOURS[2]}
    ax.annotate("", (1, 3.2), (1, 2.7), arrowprops=arrow)
    ax.text(1.3, 2.9, "weights × 1.5: overflow, in the first epoch", va="center")
    ax.set(
        title="Three networks of twenty layers, which differ in the size of the first weights",
        xlabel="epoch",
        ylabel="training loss, nats per image",
        xlim=(0.5, 10.5),
        ylim=(0, 3.2),
    )
    ax.legend(loc="lower left")
    plt.show()
    return learnt


# The dense layer's shapes, and broadcasting.


def shapes_of_a_dense_layer() -> None:
    """Draw the four formulas of a dense layer, with N = 6, I = 4 and O = 3 to scale."""
    n, i, o = 6, 4, 3
    lines: dict[str, list[tuple[tuple[int, int], str, tuple[int | None, int | None]]]] = {
        "forward": [
            ((n, o), r"$Y - b$", (1, 2)),
            ((n, i), "$X$", (1, None)),
            ((i, o), r"$W^{\top}$", (None, 2)),
        ],
        "the input: rows stay rows": [
            ((n, i), r"$\bar{X}$", (1, 2)),
            ((n, o), r"$\bar{Y}$", (1, None)),
            ((o, i), "$W$", (None, 2)),
        ],
        "the weight: the batch is summed": [
            ((o, i), r"$\bar{W}$", (2, 2)),
            ((o, n), r"$\bar{Y}^{\top}$", (2, None)),
            ((n, i), "$X$", (None, 2)),
        ],
        "the bias: the batch is summed": [
            ((o, 1), r"$\bar{b}$", (2, 0)),
            ((o, n), r"$\bar{Y}^{\top}$", (2, None)),
            ((n, 1), r"$\mathbf{1}$", (None, 0)),
        ],
    }
    figure, axes = plt.subplots(2, 2, figsize=(9, 5.2))
    for ax, (title, matrices) in zip(axes.flat, lines.items(), strict=True):
        left = 0.0
        for sign, (shape, name, dark) in zip(("=", "·", ""), matrices, strict=True):
            _draw_matrix(ax, left, shape, name, dark)
            left += shape[1]
            ax.text(left + 0.6, 0, sign, ha="center", va="center", fontsize="large")
            left += 1.2
        middle = (left - 1.2) / 2
        ax.set(title=title, ylim=(-4.3, 4.3), xlim=(middle - 8.5, middle + 8.5), aspect="equal")
        ax.axis("off")
    figure.suptitle("A dense layer and its three gradient rules, with shapes to scale")
    plt.show()


def _draw_matrix(
    ax: Any,
    left: float,
    shape: tuple[int, int],
    name: str,
    dark: tuple[int | None, int | None],
) -> None:
    """Draw a matrix to scale, centred at height 0; `dark` chooses elements, None all of an axis."""
    rows, columns = shape
    for r, c in np.ndindex(shape):
        chosen = dark[0] in {r, None} and dark[1] in {c, None}
        face = viz.COLOURS[0] if chosen else "0.9"
        corner = (left + c, rows / 2 - r - 1)
        ax.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor="white"))
    middle = left + columns / 2
    ax.text(middle, rows / 2 + 0.35, name, ha="center")
    options = {"ha": "center", "va": "top", "color": "0.4", "fontsize": "small"}
    ax.text(middle, -rows / 2 - 0.35, f"({rows}, {columns})", **options)


def broadcasting() -> None:
    """Draw two arrays that are broadcast to (3, 4), and the sums that undo it."""
    cases = {
        "(4): the axis is missing": (np.array([[3, 1, 4, 2]]), (1, 4)),
        "(3, 1): the axis has length 1": (np.array([[2], [4], [1]]), (3, 1)),
    }
    cotangents = np.array([[1, 0, 2, 1], [3, 1, 0, 2], [0, 2, 1, 1]])
    figure, axes = plt.subplots(2, 2, figsize=(9, 3.9))
    for row, (name, (array, shape)) in zip(axes, cases.items(), strict=True):
        copied = np.broadcast_to(array, (3, 4))
        summed = cotangents.sum(axis=0 if shape[0] == 1 else 1, keepdims=True)
        for ax, small, large in ((row[0], array, copied), (row[1], summed, cotangents)):
            _draw_numbers(ax, (4 - shape[1]) / 2, small, array)
            _draw_numbers(ax, 7, large, copied)
            ax.set(xlim=(-0.2, 11.2), ylim=(-1.7, 1.7), aspect="equal")
            ax.axis("off")
        _draw_arrow(row[0], (4.3, 0), (6.7, 0), "copied")
        _draw_arrow(row[1], (6.7, 0), (4.3, 0), "summed")
        row[0].set_title(f"forward, shape {name}")
        row[1].set_title("backward: the cotangents of all copies")
    figure.suptitle("Broadcasting, and what undoes it (one shade: copies of one element)")
    plt.show()


def _draw_numbers(ax: Any, left: float, numbers: Array, shade: Array) -> None:
    colours = plt.get_cmap("Purples")
    for (r, c), number in np.ndenumerate(numbers):
        corner = (left + c, len(numbers) / 2 - r - 1)
        face = colours(0.05 + 0.13 * shade[r, c])
        ax.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor="white"))
        ax.text(corner[0] + 0.5, corner[1] + 0.5, number, ha="center", va="center")


def _draw_arrow(ax: Any, start: tuple[float, float], end: tuple[float, float], text: str) -> None:
    arrow = {"arrowstyle": "-|>", "color": viz.COLOURS[1], "linewidth": 1.5}
    ax.annotate("", end, start, arrowprops=arrow)
    ax.text((start[0] + end[0]) / 2, 0.25, text, ha="center", color=viz.COLOURS[1])


ACTIVATIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "ReLU": F.relu,
    "leaky ReLU, a = 0.2": lambda x: F.leaky_relu(x, 0.2),
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
}


def slopes_of_activations() -> None:
    """Draw four activations and their slopes."""
    at = minigen.tensor(np.linspace(-4, 4, 401), requires_grad=True)
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    for name, function in ACTIVATIONS.items():
        y = function(at)
        (slope,) = minigen.grad(y.sum(), at)
        assert slope is not None
        left.plot(at.numpy(), y.numpy(), label=name)
        right.plot(at.numpy(), slope.numpy(), label=name)
    left.set(title="Activations", xlabel="x", ylabel="y", ylim=(-1.2, 2.5))
    right.set(title="Their slopes: what a cotangent is multiplied by", xlabel="x", ylabel="dy / dx")
    left.legend(loc="upper left")
    plt.show()


# Sizes, layer by layer.


def through(factor: float, seed: int, width: int = 512) -> tuple[Array, Array]:
    """Send random rows through twenty layers with ReLU, and random cotangents back.

    Returns
    -------
    forward, backward : array, shape (21,)
        The mean squares of the numbers, and of the cotangents, after each layer passed.
    """
    draw = np.random.default_rng(seed).normal
    h = draw(size=(20, width))
    kept, forward = [], [np.mean(h**2)]
    for _ in range(DEPTH):
        w = draw(0, factor * np.sqrt(2 / width), (width, width))
        h = np.maximum(h @ w.T, 0)
        kept.append((w, h))
        forward.append(np.mean(h**2))
    g = draw(size=h.shape)
    backward = [np.mean(g**2)]
    for w, h in reversed(kept):
        g = (g * (h > 0)) @ w  # the rule of ReLU, then that of the layer
        backward.append(np.mean(g**2))
    return np.array(forward), np.array(backward)


def sizes_by_layer(factors: Sequence[float]) -> Runs:
    """Draw the mean squares of numbers and cotangents, layer by layer, of several networks each."""
    runs = {
        factor: [through(factor, seed) for seed in range(at_most(6))]
        for factor in progress(factors, "sizes")
    }
    _, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
    layer = np.arange(DEPTH + 1)
    for colour, (factor, drawn) in zip(viz.COLOURS, runs.items(), strict=False):
        for ax, ways in zip(axes, zip(*drawn, strict=True), strict=True):
            ax.semilogy(layer, np.transpose(ways), "-", color=colour, linewidth=0.7, alpha=0.6)
            ax.semilogy(layer, factor ** (2.0 * layer), "--", color=colour, linewidth=2.2)
        axes[0].annotate(
            f"$f$ = {factor}",
            (12, factor**24.0),
            (-4, 12 if factor >= 1 else 22),
            textcoords="offset points",
            color=colour,
            ha="right" if factor > 1 else "left",
        )
    axes[0].set(title="Forward: the numbers", xlabel="layers passed", ylabel="mean square")
    axes[1].set(title="Backward: the cotangents", xlabel="layers passed, from the end")
    for ax in axes:
        ax.set_xticks(range(0, DEPTH + 1, 5))
        ax.plot([], [], "--", color="0.3", label=r"derived, $f^{2\ell}$")
        ax.plot([], [], "-", color="0.3", linewidth=0.7, label="measured")
    axes[1].legend(loc="lower left")
    plt.show()
    return runs


def outputs_by_layer(model: nn.Sequential) -> list[Array]:
    """Return the output of each ReLU for the first 40 images."""
    h, outputs = minigen.tensor(X_TRAIN[:40]), []
    with minigen.no_grad():
        for module in model:
            h = module(h)
            if isinstance(module, nn.ReLU):
                outputs.append(h.numpy())
    return outputs


def what_layers_see() -> dict[str, list[Array]]:
    """Draw the outputs of four untrained networks' layers; return them by the network's name."""
    seen = {f"$f$ = {f}": outputs_by_layer(network(f)) for f in (0.41, 1.0, 1.5)}
    seen["batch norm"] = outputs_by_layer(network(0.41, norm=True))
    shown = (1, 5, 10, 20)
    figure, axes = plt.subplots(4, 4, figsize=(7.4, 7.6))
    for row, (name, outputs) in zip(axes, seen.items(), strict=True):
        for ax, number in zip(row, shown, strict=True):
            picture = ax.imshow(outputs[number - 1][:, :40], cmap="magma", vmin=0, vmax=1.0)
            ax.set(xticks=[], yticks=[])
            ax.grid(visible=False)
        row[0].set_ylabel(name)
    for ax, number in zip(axes[0], shown, strict=True):
        ax.set_title(f"layer {number}", fontsize="medium")
    figure.colorbar(picture, ax=axes, shrink=0.4, label="output of the ReLU (brightest: 1 or more)")
    figure.suptitle("40 images (rows) and 40 units (columns), in four networks before training")
    plt.show()
    return seen


def likeness(rows: Array) -> float:
    """Return the mean cosine of the angle between two different rows."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = unit @ unit.T
    return float(cosines[~np.eye(len(rows), dtype=bool)].mean())


def peak_and_plateau() -> dict[tuple[bool, float, float], float]:
    """Train networks from weights of many sizes, without and with batch norm; draw what they learn.

    Returns
    -------
    dict
        The share of test images right, by whether there is batch norm, by the learning rate, and by
        the factor.
    """
    factors = (0.2, 0.41, 0.7, 1.0, 1.5, 3.0)
    lines = ((False, 0.02), (True, 0.02), (True, 0.1))
    settings = [(*line, factor) for line in lines for factor in factors]
    found = {
        (norm, rate, factor): learn(network(factor, norm), 5, rate)[1]
        for norm, rate, factor in progress(settings, "sizes")
    }
    _, ax = plt.subplots()
    for (norm, rate), marker in zip(lines, "osD", strict=True):
        label = f"{'with' if norm else 'without'} batch norm, learning rate {rate}"
        ax.semilogx(factors, [found[norm, rate, f] for f in factors], marker=marker, label=label)
    ax.axhline(0.1, color="0.6", linewidth=1, linestyle=":")
    ax.annotate("a guess", (0.2, 0.1), (0, 4), textcoords="offset points")
    ax.set_xticks(factors, [f"{factor:g}" for factor in factors], minor=False)
    ax.minorticks_off()
    ax.set(
        title="A narrow peak, and a plateau: networks after five epochs",
        xlabel="f: size of the first weights, in units of He's",
        ylabel="share of test digits right",
        ylim=(0, 1.3),
    )
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.legend(loc="upper right")
    plt.show()
    return found


# What goes wrong.


def hidden_layer(equal: bool) -> tuple[Array, float]:
    """Train a hidden layer of 32 tanh units from equal weights, or from random ones.

    Returns
    -------
    weights : array, shape (32, 784)
    share : float
        The share of test images right.
    """
    model = nn.Sequential(nn.Dense(784, 32), nn.Tanh(), nn.Dense(32, 10))
    generator = minigen.Generator(0)
    for module in (model[0], model[2]):
        if equal:
            nn.init.constant_(module.weight, 0.01)
        else:
            nn.init.xavier_normal_(module.weight, generator=generator)
        nn.init.zeros_(module.bias)
    share = learn(model, 8, 0.2)[1]
    return model[0].weight.numpy(), share


def weights_as_images(starts: dict[str, Array]) -> None:
    """Draw the weights of the first ten units for each start."""
    figure, axes = plt.subplots(len(starts), 10, figsize=(9, 2.2))
    for row, (name, weights) in zip(axes, starts.items(), strict=True):
        largest = abs(weights[:10]).max()
        for ax, unit in zip(row, weights, strict=False):
            ax.imshow(unit.reshape(28, 28), cmap=_SIGNED, vmin=-largest, vmax=largest)
            ax.set(xticks=[], yticks=[])
            ax.grid(visible=False)
        row[0].set_ylabel(name)
    figure.suptitle("The weights of ten units after training (white: 0)")
    plt.show()


def with_batch_norm() -> nn.Sequential:
    """Train a network with one hidden layer and batch norm."""
    generator = minigen.Generator(0)
    model = nn.Sequential(
        nn.Dense(784, 64, generator=generator),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Dense(64, 10, generator=generator),
    )
    learn(model, 5, 0.2)
    return model


def in_batches(model: nn.Sequential, order: Array, size: int = 20) -> float:
    """Return the share of test images right, if they come in batches in some order."""
    batches = np.split(order, range(size, len(order), size))
    right = [accuracy(model, X_TEST[b], TEST_LABELS[b]) * len(b) for b in batches]
    return sum(right) / len(order)


def units_off(activation: nn.Module, rate: float = 3.0) -> tuple[Array, Array]:
    """Take five steps at a rate that is too high.

    Returns
    -------
    off : array of bool, shape (32,)
        Which hidden units have no positive input on any image.
    gradients : array, shape (32,)
        The largest gradient of each unit's weights.
    """
    generator = minigen.Generator(0)
    first = nn.Dense(784, 32, generator=generator)
    model = nn.Sequential(first, activation, nn.Dense(32, 10, generator=generator))
    order = np.random.default_rng(1).permutation(len(X_TRAIN))
    for batch in np.split(order, len(X_TRAIN) // BATCH)[:5]:
        _gradients(model, X_TRAIN[batch], LABELS[batch])
        for parameter in model.parameters():
            assert parameter.grad is not None
            parameter.data = parameter.data - rate * parameter.grad.data
    off = (first(minigen.tensor(X_TRAIN)).numpy() <= 0).all(axis=0)
    _gradients(model, X_TRAIN, LABELS)
    assert first.weight.grad is not None
    return off, abs(first.weight.grad.numpy()).max(axis=1)


def _gradients(model: nn.Sequential, x: Array, labels: Array) -> None:
    model.zero_grad()
    F.cross_entropy(model(minigen.tensor(x)), minigen.tensor(labels)).backward()


def share_arriving(activation: Callable[[Any], Any], layers: int = 10, width: int = 256) -> float:
    """Return the size of the cotangent at the first layer, relative to that at the last."""
    draw = np.random.default_rng(0).normal
    start = h = minigen.tensor(draw(size=(20, width)), requires_grad=True)
    for _ in range(layers):
        h = activation(F.linear(h, minigen.tensor(draw(0, width**-0.5, (width, width)))))
    g = draw(size=h.shape)
    (arrived,) = minigen.grad(h, start, g)
    assert arrived is not None
    return float(np.sqrt(np.mean(arrived.numpy() ** 2) / np.mean(g**2)))


# A small network for the gradient check.


def small(bias: bool) -> nn.Sequential:
    """Return a small network, with or without a bias before its batch norm."""
    generator = minigen.Generator(0)
    first = nn.Dense(784, 16, bias=bias, generator=generator)
    last = nn.Dense(16, 10, generator=generator)
    return nn.Sequential(first, nn.BatchNorm1d(16), nn.Tanh(), last).to("float64")


def small_loss(model: nn.Sequential) -> Callable[[], minigen.Tensor]:
    """Return the function that computes the loss of twelve images."""
    x, labels = minigen.tensor(np.float64(X_TRAIN[:12])), minigen.tensor(LABELS[:12])
    return lambda: F.cross_entropy(model(x), labels)
