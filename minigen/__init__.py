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

from numpy import float16, float32, float64, inf, int32, int64, nan, pi, uint8

from minigen import functional, kernels, ops
from minigen._moved import MOVED, register
from minigen._version import __version__
from minigen.checker import GradcheckError, GradReport, gradcheck
from minigen.engine import cuda
from minigen.engine.autograd import grad
from minigen.engine.backend import DeviceError
from minigen.engine.backend import canonical_device as device
from minigen.engine.comparison import allclose, equal
from minigen.engine.creation import (
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    hamming_window,
    hann_window,
    linspace,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from minigen.engine.errors import InputError
from minigen.engine.guards import AnomalyError
from minigen.engine.modes import (
    detect_anomaly,
    enable_grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigen.engine.op import Op, op
from minigen.engine.random import Generator, manual_seed
from minigen.engine.tensor import Tensor
from minigen.serialization import load, save

if TYPE_CHECKING:
    from minigen.explanation import Explanation


__all__ = [
    "AnomalyError",
    "DeviceError",
    "Generator",
    "GradReport",
    "GradcheckError",
    "InputError",
    "Op",
    "Tensor",
    "__version__",
    "allclose",
    "arange",
    "as_tensor",
    "bernoulli",
    "cuda",
    "detect_anomaly",
    "device",
    "empty",
    "empty_like",
    "enable_grad",
    "equal",
    "explain",
    "eye",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "functional",
    "grad",
    "gradcheck",
    "hamming_window",
    "hann_window",
    "inf",
    "int32",
    "int64",
    "is_grad_enabled",
    "keep_freed_memory",
    "kernels",
    "linspace",
    "load",
    "manual_seed",
    "nan",
    "no_grad",
    "normal",
    "ones",
    "ones_like",
    "op",
    "ops",
    "pi",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "save",
    "set_grad_enabled",
    "tensor",
    "uint8",
    "zeros",
    "zeros_like",
]


register()


_LATER = ("data", "metrics", "models", "nn", "optim", "training", "viz")
"""The packages that are imported when they are first asked for."""

_OTHER_NAMES = {"float": float32, "double": float64, "long": int64, "int": int32, "bool": bool}
"""PyTorch's short names of dtypes, which are no names of this module: it has builtins to call."""


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_OTHER_NAMES, *functional.__all__})


def __getattr__(name: str) -> Any:
    """Return what isn't imported with the package, a function by PyTorch's name among it.

    ``minigen.exp`` is `minigen.functional.exp`, and so on; the star of an import leaves them out,
    since some have the name of a builtin.
    """
    if f"{__name__}.{name}" in MOVED:
        return importlib.import_module(MOVED[f"{__name__}.{name}"])
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    if name in functional.__all__:
        return getattr(functional, name)
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    raise AttributeError(f"module 'minigen' has no attribute {name!r}")


def keep_freed_memory() -> bool:
    """Let this process keep the memory of freed arrays: see `minigen.engine.allocator`."""
    from minigen.engine.allocator import keep_freed_memory as keep

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
