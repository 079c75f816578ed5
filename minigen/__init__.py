"""minigen: deep generative models from scratch in NumPy and CuPy.

>>> import minigen
>>> x = minigen.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from minigen import functional, kernels, ops
from minigen._moved import MOVED, register
from minigen._version import __version__
from minigen.checker import GradcheckError, GradReport, gradcheck
from minigen.engine.autograd import grad
from minigen.engine.backend import DeviceError
from minigen.engine.creation import (
    arange,
    full,
    linspace,
    ones,
    ones_like,
    rand,
    randn,
    tensor,
    zeros,
    zeros_like,
)
from minigen.engine.guards import AnomalyError
from minigen.engine.modes import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from minigen.engine.op import Op, op
from minigen.engine.random import Generator, manual_seed
from minigen.engine.tensor import Tensor

if TYPE_CHECKING:
    from minigen.explanation import Explanation


__all__ = [
    "AnomalyError",
    "DeviceError",
    "Generator",
    "GradReport",
    "GradcheckError",
    "Op",
    "Tensor",
    "__version__",
    "arange",
    "detect_anomaly",
    "enable_grad",
    "explain",
    "full",
    "functional",
    "grad",
    "gradcheck",
    "is_grad_enabled",
    "keep_freed_memory",
    "kernels",
    "linspace",
    "manual_seed",
    "no_grad",
    "ones",
    "ones_like",
    "op",
    "ops",
    "rand",
    "randn",
    "tensor",
    "zeros",
    "zeros_like",
]


register()


_LATER = ("data", "metrics", "models", "nn", "optim", "training", "viz")
"""The packages that are imported when they are first asked for."""


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *functional.__all__})


def __getattr__(name: str) -> Any:
    """Return an op, as PyTorch has ``torch.cat``; or what is imported where it is used."""
    if name in functional.__all__:
        return getattr(functional, name)
    if f"{__name__}.{name}" in MOVED:
        return importlib.import_module(MOVED[f"{__name__}.{name}"])
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'minigen' has no attribute {name!r}")


def keep_freed_memory() -> bool:
    """Let this process keep the memory of freed arrays: see `minigen.training.allocator`."""
    from minigen.training.allocator import keep_freed_memory as keep

    return keep()


def explain(
    subject: Any, *, order: int = 2, device: str = "cpu", check: bool = True
) -> Explanation:
    """Put the derivation, the code and the check of something side by side.

    In a notebook the result is shown in three columns, with its formulas typeset; ``print`` writes
    it as ``minigen explain`` does.

    Parameters
    ----------
    subject : str, Op, function, class or instance
        An op, a layer, a loss, a model, or their name; or the identifier of a result.
    order : {1, 2}
        Up to which order gradients are checked.
    device : str, default "cpu"
        Where gradients are checked; definitions are written in NumPy.
    check : bool, default True
        False leaves the checks out.

    Raises
    ------
    LookupError
        If there is neither a derivation nor a check of it.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> minigen.explain(nn.Dense)
    <explanation of layer Dense: 4 results, 5 of 5 checks passed, worst relative error ...>
    """
    from minigen.explanation import explain as explained

    return explained(subject, order=order, device=device, check=check)
