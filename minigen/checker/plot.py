r"""The error of a numerical derivative against its step: the U-curve of truncation and rounding.

Large steps err by truncation, :math:`h f''/2` for one-sided and :math:`h^2 f'''/6` for central
differences; small steps by rounding, about :math:`\epsilon |f| / h`. The best step lies where the
two meet, and in float32, whose :math:`\epsilon` is :math:`10^{-7}`, no step is good enough to check
a gradient with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from minigen.checker.settings import Vector
from minigen.engine import backend
from minigen.engine.autograd import grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DType = Literal["float64", "float32"]

_LEAST_SHOWN = 1e-17
"""What an error of exactly 0 is drawn as, for it has no place on a logarithmic axis."""


@dataclass(frozen=True)
class StepSizeErrors:
    """Relative errors of numerical derivatives, a step each.

    At the `steps` h, `central` are those of (f(x + hv) - f(x - hv)) / 2h, and `one_sided` those of
    (f(x + hv) - f(x)) / h, all of shape (S,); `dtype` is the precision in which f was evaluated.
    """

    dtype: DType
    steps: Vector
    central: Vector
    one_sided: Vector


def step_size_errors(
    f: Callable[..., Any],
    inputs: Any,
    *,
    steps: Sequence[float] | Vector | None = None,
    dtype: DType = "float64",
    seed: int = 0,
) -> StepSizeErrors:
    """Measure how far numerical derivatives are from the analytic one, for each step.

    The derivative is that of a random combination of the outputs along a random direction of all
    floating-point inputs. The analytic one is always computed in float64, from the inputs rounded
    to `dtype`.

    Parameters
    ----------
    f : callable
        Takes tensors and returns one.
    inputs : array, Tensor, or sequence of anything
        As for `gradcheck`.
    steps : sequence of float, optional
        The steps, positive; four a decade from 1e-12 to 1 if not given.
    dtype : {"float64", "float32"}
        The precision in which the function is evaluated.
    seed : int
        Of the combination and the direction.

    Raises
    ------
    ValueError
        If no input is a floating-point array, a step is not positive, or the derivative is zero.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen.functional as F
    >>> from minigen.checker import step_size_errors
    >>> errors = step_size_errors(F.exp, np.ones(3), steps=[1e-13, 1e-5, 1e-1])
    >>> bool(errors.central[1] < errors.central[0]), bool(errors.central[1] < errors.central[2])
    (True, True)

    Derivation: gradcheck.forward_difference, gradcheck.central_difference
    """
    steps = 10.0 ** np.arange(-12, 0.01, 0.25) if steps is None else np.asarray(steps, np.float64)
    if not (steps > 0).all():
        raise ValueError("step_size_errors: steps must be positive")
    line = _Line(f, inputs, dtype, seed)
    slope = line.slope()
    if slope == 0:
        raise ValueError("step_size_errors: the derivative is zero, so no error is relative to it")
    middle = line.value(0.0)
    right = np.array([line.value(h) for h in steps.tolist()])
    left = np.array([line.value(-h) for h in steps.tolist()])
    return StepSizeErrors(
        dtype,
        steps,
        central=np.abs((right - left) / (2 * steps) - slope) / abs(slope),
        one_sided=np.abs((right - middle) / steps - slope) / abs(slope),
    )


class _Line:
    """A random combination of a function's outputs, along a random line through its inputs."""

    def __init__(self, f: Callable[..., Any], inputs: Any, dtype: DType, seed: int) -> None:
        self.f, self.dtype = f, dtype
        self.arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        arrays = [value.array if isinstance(value, Tensor) else value for value in self.arguments]
        moving = {
            i: array
            for i, array in enumerate(arrays)
            if backend.is_array(array) and array.dtype.kind == "f"
        }
        if not moving:
            raise ValueError("step_size_errors: no input is a floating-point array or tensor")
        random = Generator(seed)
        self.devices = {i: backend.device_of(array) for i, array in moving.items()}
        self.points = {  # rounded to dtype
            i: backend.to_numpy(x).astype(dtype).astype(np.float64) for i, x in moving.items()
        }
        self.direction = {i: random.normal(x.shape, np.float64) for i, x in moving.items()}
        self.weights = random.normal(self.call(0.0, dtype)[0].shape, np.float64)

    def call(self, t: float, dtype: DType) -> tuple[Tensor, list[Tensor]]:
        """Run the function `t` along the line, in `dtype`; return its output and its leaves."""
        leaves = {}
        for i, x in self.points.items():
            moved = np.asarray(x + t * self.direction[i], dtype)
            leaves[i] = Tensor(backend.to_device(moved, self.devices[i]), requires_grad=True)
        with np.errstate(all="ignore"):
            out = self.f(*(leaves.get(i, value) for i, value in enumerate(self.arguments)))
        return out, list(leaves.values())

    def value(self, t: float) -> float:
        """Return the combination of the outputs, summed in float64."""
        return float((self.weights * self.call(t, self.dtype)[0].numpy()).sum())

    def slope(self) -> float:
        """Return its analytic derivative at 0, in float64."""
        out, leaves = self.call(0.0, "float64")
        cotangent = backend.to_device(self.weights, out.device)
        gradients = grad(out, leaves, cotangent, allow_unused=True)
        return sum(
            float((g.numpy() * v).sum())
            for g, v in zip(gradients, self.direction.values(), strict=True)
            if g is not None
        )


def gradcheck_plot(
    f: Callable[..., Any],
    inputs: Any,
    *,
    steps: Sequence[float] | Vector | None = None,
    float32: bool = True,
    ax: Axes | None = None,
    seed: int = 0,
) -> Axes:
    """Draw the error of numerical derivatives against the step, on logarithmic axes.

    Parameters
    ----------
    f, inputs, steps, seed
        As for `step_size_errors`.
    float32 : bool, default True
        Whether to show the errors in float32 beside those in float64.
    ax : matplotlib Axes, optional
        Where to draw; a new figure's if not given.

    Returns
    -------
    matplotlib Axes
        With a curve for central and one for one-sided differences, in each precision; the curves
        differ in line and marker, so that the figure reads in grey.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen.functional as F
    >>> from matplotlib.figure import Figure
    >>> from minigen.checker import gradcheck_plot
    >>> ax = gradcheck_plot(F.exp, np.ones(3), ax=Figure().subplots())
    >>> ax.get_ylabel()
    'relative error'
    """
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    shades: dict[DType, str] = {"float64": "black", "float32": "0.55"}
    dtypes: list[DType] = ["float64", "float32"] if float32 else ["float64"]
    for dtype in dtypes:
        errors = step_size_errors(f, inputs, steps=steps, dtype=dtype, seed=seed)
        for name, values, line, marker in (
            ("central", errors.central, "-", "o"),
            ("one-sided", errors.one_sided, "--", "^"),
        ):
            ax.loglog(
                errors.steps,
                np.maximum(values, _LEAST_SHOWN),
                line,
                marker=marker,
                markersize=3.5,
                color=shades[dtype],
                label=f"{name}, {dtype}",
            )
    ax.set_title("Error of a numerical derivative against its step")
    ax.set_xlabel("step h  (left: rounding dominates; right: truncation)")
    ax.set_ylabel("relative error")
    ax.grid(visible=True, which="major", color="0.9")
    ax.set_axisbelow(True)
    ax.legend()
    return ax
