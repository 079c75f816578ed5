"""The figures of lesson 15, and the counting that stands behind them."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
from minigen import Generator, Tensor, nn, optim, viz
from minigen import functional as F
from minigen.engine import choice
from minigen.engine.choice import KernelsError
from minigen.kernels.compiled import optimizers
from minigen.models import VAE

Array = npt.NDArray[Any]

BLUE, ORANGE, GREY = viz.COLOURS[0], viz.COLOURS[1], viz.COLOURS[2]
MOVED: Final = frozenset({"reshape", "transpose", "swapaxes", "expand_dims", "squeeze", "ravel"})
"""Functions that make a view: nothing is computed."""


# -------------------------------------------------------------------------------- counting, by call


@dataclass(frozen=True)
class Call:
    """One call of NumPy: a pass over memory, or a product of matrices.

    Attributes
    ----------
    name : str
        NumPy's name of the function.
    part : str
        Which part of the step called it.
    traffic : int
        Bytes read and written, each array once.
    operations : int
        Additions and multiplications; a function of one element counts as one.
    """

    name: str
    part: str
    traffic: int
    operations: int


class Counted(np.ndarray):
    """An array that computes as NumPy's do, and notes each call in a ledger."""

    ledger: list[Call] = []  # noqa: RUF012 - one for all arrays, set by `counting`
    part: str = ""
    reads: int = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute, and note the call."""
        given = [plain(each) for each in inputs]
        out = options.pop("out", None)
        if out is not None:
            options["out"] = tuple(plain(each) for each in out)
        found = getattr(ufunc, method)(*given, **options)
        self._note(ufunc.__name__, given, found)
        return out[0] if out is not None else counted(found)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Compute, and note the call unless it only makes a view."""
        given = [plain(each) for each in args]
        found = function(*given, **{name: plain(each) for name, each in options.items()})
        if function.__name__ not in MOVED and isinstance(found, np.ndarray) and found.base is None:
            self._note(function.__name__, given, found)
        return counted(found)

    def item(self, *place: Any) -> Any:
        """Return a number of Python's: on a card the program would wait here."""
        Counted.reads += 1
        return np.asarray(self).item(*place)

    def _note(self, name: str, given: Sequence[Any], found: Any) -> None:
        arrays = {
            each.__array_interface__["data"][0]: each.nbytes
            for each in given
            if isinstance(each, np.ndarray) and each.ndim
        }
        size = int(np.size(found))
        operations = 2 * size * given[0].shape[-1] if name == "matmul" else size
        if any(isinstance(each, np.ndarray) and each.size > size for each in given):
            operations = max(operations, *(np.size(each) for each in given))  # a sum
        traffic = sum(arrays.values()) + np.asarray(found).nbytes
        Counted.ledger.append(Call(name, Counted.part, traffic, operations))


def plain(value: Any) -> Any:
    """Return NumPy's own array of a counted one, also in a tuple or list."""
    if isinstance(value, Counted):
        return value.view(np.ndarray)
    if isinstance(value, tuple | list):
        return type(value)(plain(each) for each in value)
    return value


def counted(value: Any) -> Any:
    """Return an array as a counted one; a number, too, as CuPy does."""
    if isinstance(value, np.generic):
        value = np.asarray(value)
    return value.view(Counted) if isinstance(value, np.ndarray) else value


@contextmanager
def counting(part: str = "") -> Iterator[list[Call]]:
    """Give the calls of a ``with`` block, by the readable ops alone."""
    Counted.ledger, Counted.part, Counted.reads = [], part, 0
    with choice.using(choice.READABLE):
        yield Counted.ledger


def total(calls: Sequence[Call], what: str, part: str = "") -> int:
    """Add up the traffic or the operations of calls, of all or of one part."""
    return sum(getattr(call, what) for call in calls if part in {"", call.part})


# ------------------------------------------------------------------------------- the steps counted


def images(count: int) -> Array:
    """Return images in [0, 1] as large as those of MNIST, (N, 1, 28, 28)."""
    drawn: Array = Generator(0).uniform((count, 1, 28, 28))
    return drawn


def count_step(batch: int = 128, dtype: Any = np.float32) -> list[Call]:
    """Count a step of a dense VAE, 784-400-20, with Adam, as arrays of CuPy's would do it."""
    model = VAE((1, 28, 28), hidden=(400,), latent=20, generator=Generator(0))
    noise = Generator(1).normal((batch, 20), dtype)
    data = images(batch).astype(dtype)
    return _count(
        list(model.parameters()),
        lambda: model.terms(_leaf(data), noise=_leaf(noise))["loss"],
        dtype,
    )


def count_small_step(batch: int) -> list[Call]:
    """Count a step of a small classifier of points, 2-64-64-1, with Adam."""
    source = Generator(0)
    layers = [nn.Dense(2, 64, generator=source), nn.ReLU(), nn.Dense(64, 64, generator=source)]
    network = nn.Sequential(*layers, nn.ReLU(), nn.Dense(64, 1, generator=source))
    points = Generator(1).normal((batch, 2), np.float32)
    return _count(
        list(network.parameters()),
        lambda: F.mean(F.softplus(network(_leaf(points)))),
        np.float32,
    )


def _count(
    parameters: Sequence[nn.Parameter], loss_of: Callable[[], Tensor], dtype: Any
) -> list[Call]:
    optimizer = optim.Adam(parameters)
    for parameter in parameters:
        parameter._data = parameter.array.astype(dtype).view(Counted)
    with counting("forward") as calls:
        loss = loss_of()
        Counted.part = "backward"
        loss.backward()
        Counted.part = "Adam"
        for parameter in parameters:
            assert parameter.grad is not None
            arrays = [
                parameter.array,
                parameter.grad.array,
                *np.zeros((2, *parameter.shape), dtype),
            ]
            optimizer.update(optimizer.param_groups[0], 1, *map(counted, arrays))
    return calls


def _leaf(array: Array) -> Tensor:
    tensor = minigen.tensor(array)
    tensor._data = counted(tensor.array)
    return tensor


def kinds(calls: Sequence[Call]) -> dict[str, list[Call]]:
    """Sort calls into products of matrices, Adam's passes, and all others."""
    sorted_: dict[str, list[Call]] = {"products": [], "other ops": [], "Adam": []}
    for call in calls:
        of_optimizer, product = call.part == "Adam", call.name == "matmul"
        sorted_["Adam" if of_optimizer else "products" if product else "other ops"].append(call)
    return sorted_


def shares(calls: Sequence[Call]) -> dict[str, dict[str, float]]:
    """Return what share of the arithmetic, the traffic and the calls each kind has."""
    measures: dict[str, Callable[[list[Call]], float]] = {
        "arithmetic": lambda some: total(some, "operations"),
        "bytes moved": lambda some: total(some, "traffic"),
        "calls of NumPy": len,
    }
    return {
        what: {kind: measure(some) / measure(list(calls)) for kind, some in kinds(calls).items()}
        for what, measure in measures.items()
    }


def three_bars(calls: Sequence[Call]) -> None:
    """Draw the three shares as bars on top of one another."""
    _, ax = plt.subplots(figsize=(8, 2.5))
    colours = dict(zip(kinds(calls), (BLUE, "0.75", ORANGE), strict=True))
    for row, parts in enumerate(shares(calls).values()):
        left = 0.0
        for kind, share in parts.items():
            ax.barh(row, share, left=left, color=colours[kind], label=None if row else kind)
            if share > 0.05:
                ink = "white" if kind == "products" else "black"
                ax.text(left + share / 2, row, f"{share:.0%}", color=ink, ha="center", va="center")
            left += share
    ax.set_yticks(range(3), list(shares(calls)))
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.set(title="One training step of a dense VAE", xlabel="share of the step", xlim=(0, 1))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=3, frameon=False)
    plt.show()


def table(calls: Sequence[Call], rows: int = 8) -> str:
    """Return a profile: calls, arithmetic and traffic by NumPy's functions, most traffic first."""
    names = {(call.part, call.name) for call in calls}
    found = []
    for part, name in names:
        some = [call for call in calls if (call.part, call.name) == (part, name)]
        found.append((total(some, "traffic"), total(some, "operations"), len(some), part, name))
    lines = [f"{'part':10}{'function':12}{'calls':>6}{'MB moved':>10}{'million operations':>20}"]
    for traffic, operations, count, part, name in sorted(found, reverse=True)[:rows]:
        lines.append(f"{part:10}{name:12}{count:6}{traffic / 1e6:10.2f}{operations / 1e6:20.2f}")
    return "\n".join(lines)


# --------------------------------------------------------------------------------- a model of time


@dataclass(frozen=True)
class Machine:
    """What decides how long a call takes, in seconds, bytes and operations.

    Attributes
    ----------
    name : str
        For the legend.
    latency : float
        Seconds that a call costs, whatever it does.
    bandwidth : float
        Bytes a second, to and from memory.
    rate : float
        Operations a second, in float32.
    """

    name: str
    latency: float
    bandwidth: float
    rate: float

    def seconds(self, call: Call) -> float:
        """Return how long a call takes: the longer of moving and computing, after the latency."""
        return self.latency + max(call.traffic / self.bandwidth, call.operations / self.rate)

    def step(self, calls: Sequence[Call]) -> float:
        """Return how long a step takes."""
        return sum(map(self.seconds, calls))


CPU: Final = Machine("CPU", latency=1e-6, bandwidth=2e10, rate=1e11)
CARD: Final = Machine("card", latency=5e-6, bandwidth=1e12, rate=1e13)
"""Round numbers of the right size, for examples: put those of your machine in their place."""


def roofline(points: Mapping[str, float]) -> None:
    """Draw the two roofs, and where some pieces of work stand under them."""
    _, ax = plt.subplots(figsize=(7.6, 4))
    intensity = np.logspace(-1.5, 3, 300)
    for machine, colour in ((CPU, BLUE), (CARD, ORANGE)):
        roof = np.minimum(machine.rate, machine.bandwidth * intensity)
        ax.loglog(intensity, roof, color=colour, linestyle="-", label=machine.name)
        ax.plot(machine.rate / machine.bandwidth, machine.rate, "o", color=colour)
    for name, at in points.items():
        ax.axvline(at, color="0.6", linestyle=":", linewidth=1)
        ax.text(at * 1.06, 2e13, name, fontsize="small", color="0.2")
        for machine, colour in ((CPU, BLUE), (CARD, ORANGE)):
            reached = min(machine.rate, machine.bandwidth * at)
            ax.plot(at, reached, "s", color=colour, markerfacecolor="white")
    ax.set(
        title="Roofline (squares: what each can reach; dots: where memory ceases to be the limit)",
        xlabel="arithmetic intensity, operations a byte",
        ylabel="operations a second",
        ylim=(1e9, 4e13),
        xlim=(0.04, 1000),
    )
    ax.legend(loc="lower right")
    plt.show()


BATCHES: Final = tuple(2**n for n in range(17))


def crossover(slow: Sequence[float], fast: Sequence[float], batches: Sequence[int]) -> float:
    """Return from which batch on the second is faster, between those computed by a straight line.

    Infinity if it never is.
    """
    for n in range(len(batches)):
        if fast[n] <= slow[n]:
            if n == 0:
                return batches[0]
            before, now = slow[n - 1] - fast[n - 1], slow[n] - fast[n]
            part = before / (before - now)
            return batches[n - 1] + part * (batches[n] - batches[n - 1])
    return math.inf


@dataclass(frozen=True)
class Curve:
    """The time of a step on both machines, by batch."""

    title: str
    batches: tuple[int, ...]
    cpu: list[float]
    card: list[float]
    fused: list[float] | None = None

    def pays_from(self) -> float:
        """Return the batch from which the card is faster."""
        return crossover(self.cpu, self.card, self.batches)


def small_network() -> Curve:
    """Return the times of the small network's step."""
    batches = BATCHES[:15]
    steps = [count_small_step(batch) for batch in batches]
    return Curve("points, 2-64-64-1", batches, *([m.step(s) for s in steps] for m in (CPU, CARD)))


def dense_vae(launches: int) -> Curve:
    """Return the times of the VAE's step, also with fewer launches on the card."""
    batches = BATCHES[:11]
    steps = [count_step(batch) for batch in batches]
    cpu, card = ([machine.step(step) for step in steps] for machine in (CPU, CARD))
    saved = CARD.latency * (len(steps[0]) - launches)
    return Curve("dense VAE, 784-400-20", batches, cpu, card, [time - saved for time in card])


def when_a_card_pays(curves: Sequence[Curve]) -> None:
    """Draw the times of a step by batch, and where the card begins to pay."""
    _, panels = plt.subplots(1, len(curves), figsize=(9.2, 3.6))
    for ax, curve in zip(panels, curves, strict=True):
        ax.loglog(curve.batches, np.array(curve.cpu) * 1e3, color=BLUE, label="CPU")
        ax.loglog(curve.batches, np.array(curve.card) * 1e3, color=ORANGE, label="card")
        if curve.fused:
            label = "card, fewer launches"
            ax.loglog(curve.batches, np.array(curve.fused) * 1e3, ":", color=GREY, label=label)
        at = curve.pays_from()
        if curve.batches[0] < at < math.inf:
            ax.axvline(at, color="0.5", linestyle=":", linewidth=1)
            ax.text(at / 1.15, ax.get_ylim()[0] * 1.15, f"{at:.0f}", ha="right", color="0.3")
        ax.set(title=curve.title, xlabel="images or points a batch")
        ax.legend(loc="upper left")
    panels[0].set_ylabel("milliseconds a step, by the model")
    plt.show()


# ------------------------------------------------------------------------------ the ledger of CuPy

LAUNCHES: Final = {"W1": (200, 44), "W2": (422, 78), "W3": (865, 157), "W4": (1783, 283)}
"""Launches of a step without the library's kernels, and with them: docs/gpu.md."""

NAMES: Final = {
    "W1": "dense VAE",
    "W2": "convolutional VAE",
    "W3": "DCGAN, 28x28",
    "W4": "DCGAN, 64x64",
}


def committed() -> dict[str, int]:
    """Return the launches in the repository's ledger, or those above where there is none."""
    file = Path(__file__).resolve().parents[2] / "benchmarks" / "launches.json"
    if not file.exists():
        return {name: now for name, (_, now) in LAUNCHES.items()}
    ledger = json.loads(file.read_text(encoding="utf-8"))
    return {name: entry["total"] for name, entry in ledger.items() if name in LAUNCHES}


def ledger() -> None:
    """Draw the launches of the four workloads, without and with the library's kernels."""
    _, ax = plt.subplots(figsize=(7.6, 2.8))
    for row, (before, now) in enumerate(LAUNCHES.values()):
        ax.barh(row - 0.2, before, 0.36, color="0.75", label=None if row else "CuPy's functions")
        ax.barh(row + 0.2, now, 0.36, color=BLUE, label=None if row else "the library's kernels")
        ax.text(before + 12, row - 0.2, f"{before:,}", va="center", color="0.3")
        ax.text(now + 12, row + 0.2, f"{now}", va="center", color="0.3")
    ax.set_yticks(range(len(LAUNCHES)), [NAMES[name] for name in LAUNCHES])
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.set(title="Launches of one training step", xlabel="launches", xlim=(0, 2000))
    ax.legend(loc="upper right")
    plt.show()


# ----------------------------------------------------------------------------------- orders of sums


def one_by_one(x: Array) -> np.float32:
    """Add from the first to the last, as a loop does."""
    return np.float32(np.cumsum(x, dtype=np.float32)[-1])


def as_a_tree(x: Array) -> np.float32:
    """Add neighbours, then their sums, and so on, as the threads of a card do."""
    while len(x) > 1:
        pairs = x[: len(x) // 2 * 2].reshape(-1, 2)
        x = np.concatenate([pairs[:, 0] + pairs[:, 1], x[len(pairs) * 2 :]])
    return np.float32(x[0])


def errors_of_sums() -> dict[str, Array]:
    """Return the relative errors of both orders, by the count of numbers added."""
    counts = 4 ** np.arange(2, 11)
    found: dict[str, list[float]] = {"one by one": [], "as a tree": []}
    for count in counts:
        x = Generator(int(count)).uniform((8, int(count))).astype(np.float32)
        for name, add in (("one by one", one_by_one), ("as a tree", as_a_tree)):
            exact = x.sum(axis=1, dtype=np.float64)
            errors = [abs(add(row) - right) / right for row, right in zip(x, exact, strict=True)]
            found[name].append(float(np.mean(errors)))
    return {"count": counts} | {name: np.array(errors) for name, errors in found.items()}


def orders_of_sums(errors: Mapping[str, Array]) -> None:
    """Draw the errors of both orders, and their bounds."""
    epsilon, counts = float(np.finfo(np.float32).eps) / 2, errors["count"]
    _, ax = plt.subplots(figsize=(7, 3.4))
    bounds = {"one by one": counts * epsilon, "as a tree": np.log2(counts) * epsilon}
    for (name, bound), colour in zip(bounds.items(), (ORANGE, BLUE), strict=True):
        ax.loglog(counts, errors[name], "o-", color=colour, label=f"added {name}")
        ax.loglog(counts, bound, ":", color=colour, label="its bound")
    ax.set(
        title="Error of a sum in float32, mean of eight",
        xlabel="numbers added",
        ylabel="relative error",
    )
    ax.legend()
    plt.show()


def flushed(x: Array) -> Array:
    """Return an array as a card's arithmetic reads it: subnormal numbers of float32 are 0."""
    return np.where(np.abs(x) < np.finfo(np.float32).tiny, np.float32(0), x)


# -------------------------------------------------------------------------------- loops, compiled


def arrays_for_adam(count: int) -> list[Array]:
    """Return weights, a gradient and both moments, in float32."""
    source = Generator(0)
    weights, gradient, mean = (source.normal((count,), np.float32) for _ in range(3))
    return [weights, gradient, mean, source.uniform((count,)).astype(np.float32)]


def numbers_for_adam(step: int) -> list[np.float32]:
    """Return what the loop is handed in a step: decays, and the corrected epsilon and rate."""
    root = math.sqrt(1 - 0.999**step)
    numbers = 0.9, 1 - 0.9, 0.999, 1 - 0.999, 1e-8 * root, 1e-3 * root / (1 - 0.9**step), 1, 0
    return [np.float32(number) for number in numbers]


def compiled_adam(count: int, step: int) -> Array | None:
    """Return weights after a step of the compiled loop; None where Numba is not installed."""
    logging.getLogger("minigen.kernels.compiled.compilation").setLevel(logging.ERROR)
    eps, rate = map(float, numbers_for_adam(step)[4:6])
    arrays = arrays_for_adam(count)
    try:
        with choice.using(choice.COMPILED):
            numbers = {"beta1": 0.9, "beta2": 0.999, "eps": eps, "rate": rate}
            adam: Any = optimizers.adam
            done = adam(*arrays, None, **numbers, shrink=1.0, decay=0.0)
    except KernelsError:
        return None
    return None if done is NotImplemented else arrays[0]
