"""Whether there is a GPU: ``device = "cuda" if cuda.is_available() else "cpu"``."""

from __future__ import annotations

from minigen.engine.backend import DeviceError, cupy

__all__ = ["device_count", "is_available"]


def device_count() -> int:
    """Return how many GPUs CuPy sees: 0 without CuPy."""
    try:
        return int(cupy().cuda.runtime.getDeviceCount())
    except DeviceError:
        return 0


def is_available() -> bool:
    """Tell whether a tensor could be moved to ``"cuda"``."""
    return device_count() > 0
