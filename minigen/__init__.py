"""minigen: deep generative models from scratch in NumPy and CuPy.

>>> import minigen
>>> x = minigen.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from minigen import functional, kernels, ops
from minigen._version import __version__
from minigen.allocator import keep_freed_memory
from minigen.anomaly import AnomalyError
from minigen.autograd import grad
from minigen.backend import DeviceError
from minigen.creation import (
    arange,
    full,
    linspace,
    ones,
    ones_like,
    rand,
    randn,
    zeros,
    zeros_like,
)
from minigen.gradcheck import GradcheckError, GradReport, gradcheck
from minigen.modes import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from minigen.op import Op, op
from minigen.random import Generator, manual_seed
from minigen.tensor import Tensor, tensor

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
