"""One module a library, each with `make_trainee` and, for single ops, `make_op`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Protocol

from benchmarks.workloads import Array, Labels, Workload


class Subject(Protocol):
    """What a worker runs: a training step or a single op, with one library."""

    def figures(self) -> dict[str, float]:
        """Return what has to be equal with every library, computed before the first step.

        Losses, and norms of gradients, whose names contain ``"gradient"``.
        """

    def step(self) -> None:
        """Do once what is timed."""


class Learner(Protocol):
    """What trains the conditional GAN of W5 on real images, with one library."""

    def learn(self, images: Array, labels: Labels, codes: Array, rate: float) -> None:
        """Train each side on a batch, at a learning rate, and average the generator.

        Images are (N, C, H, W) in [0, 1]; their classes come as numbers and as one-hot codes.
        """

    def generate(self, noise: Array, codes: Array) -> Array:
        """Return images (N, C, H, W) in [0, 1], which the averaged generator makes."""


LIBRARIES = {"minigen": "minigen", "torch": "torch", "hand": "numpy", "compile": "torch",
             "dezero": "dezero", "jax": "jax", "captured": "minigen",
             "graphs": "torch"}  # fmt: skip
"""Every contender by the name that the command line uses, with the package that it needs."""

ON_A_CARD = ("minigen", "captured", "torch", "graphs")
"""The contenders that can run on a GPU."""

ONLY_ON_A_CARD = ("captured", "graphs")
"""Those that can run nowhere else: a whole step is a CUDA graph."""

SHOWN = {
    "minigen": "minigen",
    "captured": "minigen, captured",
    "torch": "PyTorch eager",
    "hand": "by hand in NumPy",
    "compile": "torch.compile",
    "dezero": "DeZero",
    "jax": "JAX jit",
    "graphs": "PyTorch, CUDA graphs",
}
"""How tables call them."""

WITHOUT = {
    "hand": ("W2", "W3", "W4", "W5"),
    "dezero": ("W5",),
    "jax": ("W5",),
    "captured": ("W5",),
    "graphs": ("W5",),
}
"""The workloads that a contender does not have."""

WITH_OPS = ("minigen", "torch")
"""The contenders that can run single ops."""


def is_installed(library: str) -> bool:
    """Tell whether the package that a contender needs is there."""
    return importlib.util.find_spec(LIBRARIES[library]) is not None


def can_train(library: str, workload: str) -> bool:
    """Tell whether a contender has a workload."""
    return workload not in WITHOUT.get(library, ())


def make_trainee(
    library: str, workload: Workload, weights: Sequence[Array] | None, device: str = "cpu"
) -> Subject:
    """Build a workload with a library.

    Parameters
    ----------
    library : str
        One of `LIBRARIES`.
    workload : Workload
        What to build.
    weights : sequence of array, or None
        The first values of all parameters, in the workload's order and PyTorch's layouts. Only
        minigen goes without: it then draws its own.
    device : str
        ``"cpu"`` or, for those that are `ON_A_CARD`, ``"cuda"``.

    Raises
    ------
    ValueError
        If the arrays do not have the workload's shapes, or the library does not have it, or does
        not run on the device.
    """
    if not can_train(library, workload.name):
        raise ValueError(f"make_trainee: {library} does not have {workload.name}")
    if library in ONLY_ON_A_CARD or device != "cpu":
        check_device(library, device)
    if weights is not None:
        check_weights(workload, weights)
    if library == "minigen":
        from benchmarks.libraries import with_minigen

        return with_minigen.make_trainee(workload, weights, device)
    if library == "captured":
        from benchmarks.libraries import with_minigen

        return with_minigen.Captured(workload, weights, device)
    if weights is None:
        raise ValueError(f"make_trainee: {library} needs the initial weights that minigen drew")
    if library == "hand":
        from benchmarks.libraries import with_numpy

        return with_numpy.make_trainee(workload, weights)
    if library in ("torch", "compile"):
        from benchmarks.libraries import with_torch

        return with_torch.make_trainee(
            workload, weights, compiled=library == "compile", device=device
        )
    if library == "graphs":
        from benchmarks.libraries import with_cuda_graphs

        return with_cuda_graphs.make_trainee(workload, weights)
    if library == "dezero":
        from benchmarks.libraries import with_dezero

        return with_dezero.make_trainee(workload, weights)
    from benchmarks.libraries import with_jax

    return with_jax.make_trainee(workload, weights)


def make_learner(library: str, workload: Workload, weights: Sequence[Array]) -> Learner:
    """Build what trains W5 on real images, with minigen or PyTorch; as `make_trainee`."""
    check_weights(workload, weights)
    if library == "minigen":
        from benchmarks.libraries import conditional_with_minigen

        return conditional_with_minigen.Learner(workload, weights)
    if library == "torch":
        from benchmarks.libraries import conditional_with_torch

        return conditional_with_torch.Learner(workload, weights)
    raise ValueError(f"make_learner: minigen or torch is expected, got {library!r}")


def make_op(library: str, name: str) -> Subject:
    """Build the single op called `name` with one of the libraries `WITH_OPS`."""
    from benchmarks.ops import OPS

    if library == "minigen":
        from benchmarks.libraries import with_minigen

        return with_minigen.make_op(OPS[name])
    from benchmarks.libraries import with_torch

    return with_torch.make_op(OPS[name])


def check_device(library: str, device: str) -> None:
    """Refuse a library that does not run on a device.

    Raises
    ------
    ValueError
        Names both.
    """
    if device == "cpu" or library not in ON_A_CARD:
        raise ValueError(f"make_trainee: {library} does not run on {device!r} here")


def check_weights(workload: Workload, weights: Sequence[Array]) -> None:
    """Refuse arrays that are not a workload's parameters.

    Raises
    ------
    ValueError
        Names the shapes got and expected.
    """
    expected = [shape for shapes in workload.parameter_shapes().values() for shape in shapes]
    got = [array.shape for array in weights]
    if got != expected:
        raise ValueError(f"{workload.name}: parameters of shapes {expected} expected, got {got}")


def norm(arrays: Sequence[Array]) -> float:
    """Return the Euclidean norm of all elements together, summed in float64."""
    import numpy as np

    return float(np.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays)))
