"""What the tests of CUDA kernels share: arrays on the stand-in's card, compared with the op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen.engine.op import Op
from tests.strict.array import upload
from tests.strict.raw import block_of

EDGES = np.array([-np.inf, -100.0, -3.0, -0.0, 0.0, 0.5, 2.0, 90.0, np.inf, np.nan])
"""Where functions have their corners, and where float32 overflows."""

DTYPES = ("float32", "float64")


def drawn(dtype: str, *shape: int, seed: int = 0) -> npt.NDArray[Any]:
    """Draw normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def orders(array: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """Return images (N, C, H, W) held row by row, with the batch innermost, and with gaps."""
    last = np.ascontiguousarray(array.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    return [array, last, np.repeat(array, 2, axis=3)[..., ::2]]


def sent(array: npt.NDArray[Any]) -> Any:
    """Return an array on the card, in the same memory order."""
    found = upload(array)
    found._host = array  # `upload` would make it contiguous
    return found


def tolerance(dtype: str) -> dict[str, Any]:
    """Return what rounding may do: the order of operations in a formula differs."""
    return {"rtol": 2e-6, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-13, "atol": 1e-14}


def agree(found: Any, expected: Any, dtype: str) -> None:
    """Expect an array of the card to be what the op makes of NumPy's, in the same dtype."""
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found.get(), expected, **tolerance(dtype))
    assert found.dtype == np.dtype(dtype)


def check_function(
    kernel: Callable[..., Any], op: Op[Any], arrays: Sequence[Any], dtype: str, **options: Any
) -> Any:
    """Compare a kernel with its op's function, with one thread a block and with four."""
    with np.errstate(all="ignore"):
        expected = op.forward(*arrays, **options)
    given = [None if array is None else sent(array) for array in arrays]
    for threads in (1, 4):
        with block_of(threads):
            found = kernel(*given, **options)
        agree(found, expected, dtype)
    return found


def check_rule(
    kernel: Callable[..., Any],
    op: Op[Any],
    g: Any,
    out: Any,
    arrays: Sequence[Any],
    dtype: str,
    **options: Any,
) -> None:
    """Compare a kernel with its op's gradient rule."""
    assert op.rule is not None
    with np.errstate(all="ignore"):
        expected = [_called(entry) for entry in op.rule(g, out, *arrays, **options)]
    given = [None if array is None else sent(array) for array in (g, out, *arrays)]
    for threads in (1, 4):
        with block_of(threads):
            found = [_called(entry) for entry in kernel(*given, **options)]
        for one, other in zip(found, expected, strict=True):
            if other is None:
                assert one is None
            else:
                agree(one, other, dtype)


def _called(entry: Any) -> Any:
    return entry() if callable(entry) else entry
