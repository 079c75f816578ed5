"""The figures of lesson 03b, and the data and networks that its experiments use."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

import minigen
import minigen.functional as F
from minigen import data, nn, optim, viz
from minigen.course import at_most, progress
from minigen.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR

Floats = npt.NDArray[np.floating[Any]]

SIDE = 28
SEEN = 4096


# ---------------------------------------------------------------------- what the experiments use


@functools.cache
def letters() -> tuple[Floats, Floats]:
    """Return capital letters to learn from (4096, 784), and others (512, 784), grey in [0, 1]."""
    images = data.load("printed_letters", "test").scaled().reshape(-1, SIDE * SIDE)
    return images[:SEEN], images[SEEN : SEEN + 512]


def painter() -> nn.Sequential:
    """Return a network that sees a letter, keeps 16 numbers, and paints the letter from those.

    It is drawn from the same seed each time. Its outputs are logits of the pixels.
    """
    generator = minigen.Generator(0)
    sizes = (SIDE * SIDE, 128, 16, 128, SIDE * SIDE)
    first, code, last, out = (
        nn.Dense(before, after, generator=generator) for before, after in itertools.pairwise(sizes)
    )
    return nn.Sequential(first, nn.ReLU(), code, last, nn.ReLU(), out)


def reader() -> nn.Sequential:
    """Return a network that says which digit an image of 64 pixels shows, always the same one."""
    generator = minigen.Generator(0)
    return nn.Sequential(
        nn.Dense(64, 64, generator=generator), nn.ReLU(), nn.Dense(64, 10, generator=generator)
    )


def train(network: nn.Module, optimizer: optim.Optimizer, steps: int = 300) -> list[float]:
    """Take so many steps, and return the loss before each."""
    losses = []
    for x in minibatches(letters()[0], progress(range(steps), type(optimizer).__name__)):
        loss = F.binary_cross_entropy_with_logits(network(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_painters(
    optimizers: Mapping[str, Callable[[Any], optim.Optimizer]],
) -> tuple[dict[str, nn.Module], dict[str, list[float]]]:
    """Train a painter with each of some optimisers; return them, and their losses."""
    painters: dict[str, nn.Module] = {}
    curves = {}
    for name, optimizer_of in optimizers.items():
        painters[name] = painter()
        curves[name] = train(painters[name], optimizer_of(painters[name].parameters()))
    return painters, curves


def dead_share(network: nn.Sequential) -> float:
    """Return which share of the first hidden layer's units is 0 for each of 1024 letters."""
    with minigen.no_grad():
        outputs = network[1](network[0](minigen.tensor(letters()[0][:1024])))
    return float(np.mean(outputs.numpy().max(axis=0) == 0))


def minibatches(images: Floats, steps: Iterable[int], size: int = 64) -> Iterator[Any]:
    """Iterate over minibatches, drawn with replacement and in the same order each time."""
    draw = np.random.default_rng(1)
    for _ in steps:
        yield minigen.tensor(images[draw.integers(len(images), size=size)])


@functools.cache
def digits() -> tuple[Floats, npt.NDArray[np.integer[Any]]]:
    """Return the images of digits to learn from (1415, 64), grey in [0, 1], and their classes."""
    dataset = data.load("digits", "train")
    return dataset.scaled().reshape(-1, 64), dataset.labels


def minibatches_of_digits(steps: int, size: int = 32) -> Iterator[tuple[Any, Any]]:
    """Iterate over minibatches of digits and classes, in the same order each time."""
    images, labels = digits()
    draw = np.random.default_rng(0)
    for _ in range(at_most(steps)):
        chosen = draw.integers(len(images), size=size)
        yield minigen.tensor(images[chosen]), minigen.tensor(labels[chosen])


def squared_noise(network: nn.Module, sizes: Iterable[int], draws: int = 40) -> list[float]:
    """Return the mean squared distance of minibatches' gradients from that of all letters."""
    seen, draw = letters()[0], np.random.default_rng(2)
    whole = gradient(network, seen)
    variances = []
    for size in sizes:
        batches = (seen[draw.integers(len(seen), size=size)] for _ in itertools.count())
        found = [
            np.sum((gradient(network, x) - whole) ** 2)
            for _, x in zip(progress(range(draws), f"minibatches of {size}"), batches, strict=False)
        ]
        variances.append(float(np.mean(found)))
    return variances


def gradient(network: nn.Module, images: Floats) -> Floats:
    """Return the gradient of the loss on some letters, as one long vector."""
    x = minigen.tensor(images)
    loss = F.binary_cross_entropy_with_logits(network(x), x)
    parts = minigen.grad(loss, list(network.parameters()))
    return np.concatenate([part.numpy().ravel() for part in parts if part is not None])


def sizes_of_gradients() -> dict[str, float]:
    """Return the root mean square of the gradients of a painter's first weights, by their names."""
    network, x = painter(), minigen.tensor(letters()[0][:256])
    names, weights = zip(*network.named_parameters(), strict=True)
    parts = minigen.grad(F.binary_cross_entropy_with_logits(network(x), x), list(weights))
    return {
        name: float(np.sqrt(np.mean(part.numpy() ** 2)))
        for name, part in zip(names, parts, strict=True)
        if part is not None
    }


def lengths_of_steps(kind: Callable[..., optim.Optimizer], steps: int) -> list[float]:
    """Return how long an optimiser's steps are, of rate 1, under a gradient that is always 1."""
    weight = nn.Parameter(np.zeros(1))
    optimizer, lengths = kind([weight], lr=1.0), []
    for _ in range(steps):
        before = weight.item()
        weight.grad = minigen.tensor(np.ones(1))
        optimizer.step()
        lengths.append(before - weight.item())
    return lengths


class Uncorrected(optim.Adam):
    """Adam that divides m and v as they are."""

    def update(
        self, group: Any, _step: int, weights: Floats, gradient: Floats, *moments: Floats
    ) -> None:
        """Take a step without the corrections."""
        (m, v), (beta1, beta2) = moments, group["betas"]
        m[...] = beta1 * m + (1 - beta1) * gradient
        v[...] = beta2 * v + (1 - beta2) * gradient**2
        weights -= group["lr"] * m / (np.sqrt(v) + group["eps"])


def left_after_decay(kind: Callable[..., optim.Optimizer], decay: float) -> Floats:
    """Return what 700 steps leave of 24 weights of 1, whose gradients change sign in each step."""
    weight = nn.Parameter(np.ones(24))
    optimizer = kind([weight], lr=0.01, weight_decay=decay)
    for step in range(700):
        weight.grad = minigen.tensor(np.geomspace(1e-4, 1e2, 24) * (-1) ** step)
        optimizer.step()
    return weight.numpy()


def descent(rate: float, curvatures: Floats, zeroed: bool, steps: int = 60) -> Floats:
    """Return the points of a descent in a ravine by the library, with or without zero_grad."""
    weight, points = nn.Parameter(np.array([-9.0, 2.5])), []
    optimizer = optim.SGD([weight], lr=rate)
    for _ in range(steps):
        points.append(weight.numpy().copy())
        if zeroed:
            optimizer.zero_grad()
        (minigen.tensor(curvatures) * weight**2 / 2).sum().backward()
        optimizer.step()
    return np.array(points)


def loss_after_a_step() -> tuple[Callable[[Any], Any], Floats]:
    """Return the loss of a linear layer on 100 digits after a step, as a function of the rate.

    The second result is the gradient along which the step goes.
    """
    images, labels = digits()
    few, few_labels = minigen.tensor(images[:100].astype(np.float64)), minigen.tensor(labels[:100])
    start = minigen.tensor(np.random.default_rng(3).normal(0, 0.1, (10, 64)), requires_grad=True)

    def loss(weights: Any) -> Any:
        return F.cross_entropy(F.linear(few, weights), few_labels)

    (gradient,) = minigen.grad(loss(start), start)
    assert gradient is not None
    slope = gradient.detach()

    def loss_after(rate: Any) -> Any:
        return loss(start.detach() - rate * slope)

    return loss_after, slope.numpy()


Problem = tuple[Floats, Floats]


def quadratic_problems() -> dict[str, Problem]:
    """Return inputs and targets of a linear layer, as they are and with the means subtracted."""
    images, targets = digits()[0].astype(np.float64), np.eye(10)[digits()[1]]
    centred = images - images.mean(axis=0), targets - targets.mean(axis=0)
    return {"as they are": (images, targets), "mean subtracted": centred}


def after_descent(x: Floats, targets: Floats, rate: float, steps: int = 100) -> float:
    """Return the loss of a linear layer after so many steps on all examples."""
    hessian, product = x.T @ x / len(x), x.T @ targets / len(x)
    weights = np.zeros((64, 10))
    for _ in range(steps):
        weights = weights - rate * (hessian @ weights - product)
    return float(np.mean(np.sum((x @ weights - targets) ** 2, axis=1)) / 2)


def losses_by_rate(problems: Mapping[str, Problem], rates: Floats) -> dict[str, Floats]:
    """Return the loss after 100 steps of each rate, where some diverge."""
    with np.errstate(all="ignore"):
        return {
            name: np.array([after_descent(*problem, rate) for rate in rates])
            for name, problem in progress(problems.items(), "rates")
        }


def read(
    optimizer_of: Callable[[Any], optim.Optimizer],
    steps: int = 100,
    size: int = 32,
    schedule_of: Callable[[optim.Optimizer], LRScheduler] | None = None,
) -> float:
    """Train the reader of digits, and return its loss on all of them."""
    network = reader()
    optimizer = optimizer_of(network.parameters())
    schedule = schedule_of(optimizer) if schedule_of else None
    for x, classes in minibatches_of_digits(steps, size):
        loss = F.cross_entropy(network(x), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if schedule:
            schedule.step()
    images, labels = map(minigen.tensor, digits())
    return float(F.cross_entropy(network(images), labels).item())


def with_a_bad_batch(clip: str, steps: int = 100) -> list[float]:
    """Return the losses of a training in which one minibatch is not scaled."""
    network, losses = reader(), []
    optimizer = optim.SGD(network.parameters(), lr=0.3)
    for step, (x, classes) in enumerate(minibatches_of_digits(steps), 1):
        loss = F.cross_entropy(network(x * 256 if step == 51 else x), classes)
        optimizer.zero_grad()
        loss.backward()
        if clip == "before the step":
            nn.utils.clip_grad_norm_(network.parameters(), max_norm=1.0)
        optimizer.step()
        if clip == "after the step":
            nn.utils.clip_grad_norm_(network.parameters(), max_norm=1.0)
        losses.append(loss.item())
    return losses


# ------------------------------------------------------------------------------------ the figures


def painted(painters: Mapping[str, nn.Module], count: int = 13) -> None:
    """Show letters that were not learnt from, and below them what networks paint of them."""
    shown = minigen.tensor(letters()[1][:count])
    rows = {"seen": shown.numpy()}
    with minigen.no_grad():
        for name, network in painters.items():
            rows[name] = 1 / (1 + np.exp(-network(shown).numpy()))
    viz.draw_images(
        {name: row.reshape(-1, 1, SIDE, SIDE) for name, row in rows.items()},
        title="Letters, and what three networks paint after 300 steps",
    )
    plt.show()


def smooth(values: Sequence[float], width: int = 10) -> Floats:
    """Return the means of each value and of those before it, `width` together."""
    padded = np.concatenate([np.full(width - 1, values[0]), values])
    return np.convolve(padded, np.ones(width) / width, mode="valid")


def losses(curves: Mapping[str, Sequence[float]], title: str) -> None:
    """Draw the losses of minibatches, thin, and their means over ten steps."""
    _, ax = plt.subplots()
    for colour, (name, values) in zip(viz.COLOURS, curves.items(), strict=False):
        steps = np.arange(1, len(values) + 1)
        ax.plot(steps, values, "-", color=colour, linewidth=0.6, alpha=0.35)
        (line,) = ax.plot(steps, smooth(values), label=f"{name}: {np.mean(values[-20:]):.0f}")
        line.set_color(colour)
    ax.set(title=title, xlabel="step", ylabel="loss, nats an image", ylim=(60, 350))
    ax.legend(title="mean of the last 20 steps")
    plt.show()


def noise(sizes: Sequence[int], variances: Sequence[float]) -> None:
    """Draw the variance of a minibatch's gradient against the size of the minibatch."""
    _, ax = plt.subplots()
    ax.loglog(sizes, variances, "o", label="measured")
    ax.loglog(sizes, variances[0] / np.array(sizes), "--", color="0.4", label=r"$s^2 / N$")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.set(
        title="The noise of a minibatch's gradient",
        xlabel="examples in the minibatch, N",
        ylabel="mean squared distance\nfrom the whole gradient",
    )
    ax.legend()
    plt.show()


def _contours(ax: Axes, curvatures: Floats, reach: tuple[float, float]) -> None:
    x, y = np.meshgrid(np.linspace(-reach[0], reach[0], 200), np.linspace(-reach[1], reach[1], 200))
    height = (curvatures[0] * x**2 + curvatures[1] * y**2) / 2
    levels = height.max() * np.linspace(0.05, 1, 9) ** 2
    ax.contour(x, y, height, levels=levels, colors="0.8", linewidths=0.9)
    ax.plot(0, 0, "+", color="0.3", markersize=9)
    ax.grid(visible=False)
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))


def paths(walks: Mapping[str, Floats], curvatures: Floats, title: str) -> None:
    """Draw walks over the contours of a valley, a panel each."""
    figure, axes = plt.subplots(1, len(walks), figsize=(9, 2.9), sharey=True)
    highest = 1.2 * max(np.abs(walk[:, 1]).max() for walk in walks.values())
    for ax, (name, walk) in zip(axes, walks.items(), strict=True):
        _contours(ax, curvatures, (10.0, highest))
        ax.plot(walk[:, 0], walk[:, 1], "-o", color=viz.COLOURS[0], markersize=3.5, linewidth=1.2)
        ax.plot(*walk[0], "s", color=viz.COLOURS[1], markersize=7)
        ax.set(title=name, xlabel="$w_1$")
    axes[0].set_ylabel("$w_2$")
    figure.suptitle(title)
    plt.show()


def distances(walks: Mapping[str, Floats], factors: Mapping[str, float]) -> None:
    """Draw how far walks are from the minimum, beside the derived rates at which that shrinks."""
    _, ax = plt.subplots()
    for colour, (name, walk) in zip(viz.COLOURS, walks.items(), strict=False):
        apart = np.linalg.norm(walk, axis=1)
        steps = np.arange(len(apart))
        ax.semilogy(steps, apart, "-", color=colour, label=name)
        slope = apart[0] * factors[name] ** steps
        ax.semilogy(steps, slope, ":", color=colour, label=f"{factors[name]:.3f} a step")
    ax.set(
        title="The best of each: how fast the minimum comes nearer",
        xlabel="step",
        ylabel="distance from the minimum",
    )
    ax.legend()
    plt.show()


def first_steps(derived: Floats, measured: Floats) -> None:
    """Draw how long Adam's steps are without its corrections, under a gradient that is constant."""
    _, ax = plt.subplots()
    steps = np.arange(1, len(derived) + 1)
    ax.semilogx(steps, derived, "-", color=viz.COLOURS[0], label="without corrections, derived")
    at = np.unique(np.geomspace(1, len(measured), 25).astype(int))
    ax.semilogx(at, measured[at - 1], "o", color=viz.COLOURS[1], label="measured")
    ax.axhline(1, color="0.4", linestyle="--", linewidth=1.2, label="with corrections")
    ax.set(
        title="A constant gradient: the length of Adam's steps",
        xlabel="step",
        ylabel="length, in learning rates",
        ylim=(0, 7.5),
    )
    ax.legend()
    plt.show()


def schedules(rates: Mapping[str, Sequence[float]], errors: Mapping[str, Floats]) -> None:
    """Draw learning rates from step to step, and the errors to which they lead."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    for name, values in rates.items():
        left.plot(values, label=name)
        right.semilogy(errors[name], label=name)
    left.set(title="Learning rates", xlabel="step", ylabel=r"$\eta$")
    right.set(title="What they lead to", xlabel="step", ylabel=r"mean of $w^2$, 500 walks")
    right.legend(fontsize="small")
    plt.show()


def floor(rates: Floats, measured: Floats, derived: Floats) -> None:
    """Draw how far from the minimum the noise keeps a weight, against the learning rate."""
    _, ax = plt.subplots()
    ax.loglog(rates, measured, "o", label="measured")
    ax.loglog(rates, derived, "--", color="0.4", label="derived")
    ax.set(
        title="Where a constant learning rate ends",
        xlabel=r"$\eta\lambda$",
        ylabel="mean of $w^2$, after many steps",
    )
    ax.legend()
    plt.show()


def limits(rates: Floats, losses: Mapping[str, Floats], bounds: Mapping[str, float]) -> None:
    r"""Draw losses after 100 steps against the learning rate, and the limits 2 / lambda_max."""
    _, ax = plt.subplots()
    for colour, width, (name, values) in zip(viz.COLOURS, (5, 2), losses.items(), strict=False):
        shown = np.nan_to_num(values, nan=10).clip(max=10)  # beyond the upper edge of the figure
        ax.semilogx(rates, shown, "-", color=colour, linewidth=width, label=name)
        ax.axvline(bounds[name], color=colour, linestyle=":", linewidth=1.4)
        ax.annotate(
            rf"$2 / \lambda_{{\max}}$ = {bounds[name]:.3g}",
            (bounds[name], 0.9),
            (-6, 0),
            textcoords="offset points",
            ha="right",
            color=colour,
        )
    ax.set(
        title="Least squares on digits: the loss after 100 steps",
        xlabel="learning rate",
        ylabel="loss",
        ylim=(0, 1),
    )
    ax.legend(loc="lower left")
    plt.show()


def sweep(rates: Floats, losses: Mapping[str, Sequence[float]], guess: float) -> None:
    """Draw the loss after training against the learning rate, a curve an optimiser."""
    _, ax = plt.subplots()
    for marker, (name, values) in zip("os^", losses.items(), strict=False):
        ax.semilogx(rates, np.minimum(values, 3), marker=marker, label=name)
    ax.axhline(guess, color="0.6", linewidth=1, linestyle=":")
    ax.annotate("a guess", (rates[0], guess), (0, 4), textcoords="offset points")
    ax.set(
        title="A sweep of learning rates: the loss after 100 steps",
        xlabel="learning rate",
        ylabel="loss, nats an image (3: or more)",
        ylim=(0, 3.1),
    )
    ax.legend(loc="lower left")
    plt.show()


def decay(left: Mapping[str, Floats], expected: float) -> None:
    """Draw what two kinds of decay leave of weights, in the order of their gradients' size."""
    _, ax = plt.subplots()
    for marker, (name, shares) in zip("os", left.items(), strict=False):
        ax.plot(shares, marker, markersize=4, label=name)
    ax.axhline(expected, color="0.4", linestyle="--", linewidth=1.2, label="what was asked for")
    ax.set(
        title="What a decay of half leaves of weights",
        xlabel="weights, from the smallest to the largest gradients",
        ylabel="share that is left",
        ylim=(-0.1, 1.15),
    )
    ax.legend(loc="upper left")
    plt.show()


def warm_up_then_cosine(optimizer: optim.Optimizer, ramp: int, steps: int) -> LRScheduler:
    """Return a schedule that goes up in a straight line, then down in half a wave."""
    warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=ramp)
    return SequentialLR(
        optimizer, [warm_up, CosineAnnealingLR(optimizer, T_max=steps - ramp)], [ramp]
    )


def rates_of(schedule: LRScheduler, steps: int) -> list[float]:
    """Return the rates that a schedule gives the first group of its optimiser."""
    return [schedule.rates(step)[0] for step in range(steps)]


def walks(rates: Sequence[float], noise: float = 1.0, count: int = 500) -> Floats:
    """Return the mean of w^2 after each step of noisy descents on w^2 / 2, which begin at 3."""
    draw = np.random.default_rng(0)
    weights, squares = np.full(count, 3.0), []
    for rate in rates:
        weights = weights - rate * (weights + draw.normal(0, noise, count))
        squares.append(np.mean(weights**2))
    return np.array(squares)
