"""What every loss refuses: shapes that differ, lists, and probabilities that are none."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import CPU, array_of, device_of


def expect_one_shape(name: str, **arrays: Any) -> None:
    """Raise unless all are tensors or arrays of one shape."""
    expect_arrays(name, **arrays)
    shapes = {role: tuple(array.shape) for role, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        got = ", ".join(f"{role} {shape}" for role, shape in shapes.items())
        raise ValueError(f"{name}: one shape is expected, got {got}; reshape, don't broadcast")


def given(**arrays: Any) -> dict[str, Any]:
    """Leave out what is None: an option that was not given."""
    return {role: array for role, array in arrays.items() if array is not None}


def expect_arrays(name: str, **arrays: Any) -> None:
    """Raise where a list or a number was given."""
    for role, array in arrays.items():
        if not hasattr(array, "dtype"):
            raise TypeError(
                f"{name}: a tensor or an array is expected as {role}, got {type(array).__name__}"
            )


def expect_probabilities(name: str, role: str, values: Any) -> None:
    """Raise if values on the CPU lie outside [0, 1].

    Derivation: bce.minimum
    """
    array = array_of(values)
    if device_of(array) != CPU or not array.size:
        return
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):  # NaN is no probability, either
        raise ValueError(
            f"{name}: {role} must lie in [0, 1], got {float(low):g} to {float(high):g}; "
            "scale images to [0, 1] (tanh images in [-1, 1] want mse_loss), labels are 0 and 1"
        )
