"""Every kernel that the library has written by hand."""

from __future__ import annotations

import importlib
import pkgutil

from minigen.kernels import cuda
from minigen.kernels.cuda.source import Kernel


def all_kernels() -> dict[str, Kernel]:
    """Return them by module and name."""
    return {
        f"{module}.{kernel.name}": kernel
        for _, module, _ in pkgutil.iter_modules(cuda.__path__)
        for kernel in vars(importlib.import_module(f"{cuda.__name__}.{module}")).values()
        if isinstance(kernel, Kernel)
    }
