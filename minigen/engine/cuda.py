"""GPUs: whether there is one, and training steps that it repeats by itself.

``device = "cuda" if cuda.is_available() else "cpu"``.
"""

from __future__ import annotations

from minigen.engine.backend import DeviceError, cupy
from minigen.engine.capture import CapturedStep, CaptureError, capture
from minigen.engine.recording import with_own_products

__all__ = [
    "CaptureError",
    "CapturedStep",
    "capture",
    "device_count",
    "is_available",
    "with_own_products",
]


def device_count() -> int:
    """Return how many GPUs CuPy sees: 0 without CuPy."""
    try:
        return int(cupy().cuda.runtime.getDeviceCount())
    except DeviceError:
        return 0


def is_available() -> bool:
    """Tell whether a tensor could be moved to ``"cuda"``."""
    return device_count() > 0
