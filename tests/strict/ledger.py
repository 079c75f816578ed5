"""How many launches a call costs: the rules by which the stand-in keeps its ledger.

They follow CuPy's source. A function of elements and a reduction are a kernel each; a view is
nothing; a product is one call of cuBLAS, with a kernel before it for each factor that cuBLAS can't
read as it lies in memory: a matrix that is contiguous in neither order, a batch of matrices that
is not C-contiguous. Kernels that a function of CuPy's adds inside, such as those that turn several
indices into one, are counted as its source has them. How many kernels cuBLAS itself launches, and
a reduction over very many elements, is theirs to choose: one is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tests.strict.counters import note_launch

PRODUCTS: Final = frozenset({"matmul", "dot", "vdot", "tensordot"})

FREE: Final = frozenset({"empty", "empty_like", "result_type", "broadcast_shapes", "finfo"})
"""Functions that make nothing, or memory as it was found."""

_SET: Final = frozenset({"zeros", "zeros_like"})
"""Functions that set memory to one byte."""

_INSIDE: Final = {"var": 2, "std": 3, "norm": 4, "cumsum": 2, "argsort": 2, "allclose": 6,
                  "array_equal": 2, "pad": 2, "tril": 2, "triu": 2}  # fmt: skip
"""Functions that are several kernels."""

_PARTS: Final = frozenset({"concatenate", "stack"})
"""Functions that copy their arrays one by one."""


def note_call(name: str, sources: Sequence[Any], found: Any) -> None:
    """Enter a call of a function, method or operator into the ledger."""
    results = found if isinstance(found, tuple | list) else (found,)
    if name in FREE or all(_shows(result, sources) for result in results):
        if name in IN_PLACE:
            note_launch("kernel", name)
        return
    if name in PRODUCTS:
        for source in sources:
            if not _cublas_reads(source, batched=any(each.ndim > 2 for each in sources)):
                note_launch("kernel", "copy before a product")
        note_launch("product", name)
    elif name in _SET:
        note_launch("set", name)
    elif name == "copy" and sources[0].flags.c_contiguous:
        note_launch("copy", name)
    else:
        note_launch("kernel", name, len(sources) if name in _PARTS else _INSIDE.get(name, 1))


def note_write(chosen: Sequence[Any], target: Any, value: Any) -> None:
    """Enter ``array[index] = value``, of which `target` is what is written, into the ledger.

    CuPy drops leading axes of length 1 from the value, and then asks whether it is what it is to be
    written to: so ``out[i] += v`` with one channel, which ends in such a write, copies all again.
    """
    if chosen:
        note_launch("kernel", "setitem", indexing_launches(chosen))
        return
    if not hasattr(value, "_host"):
        note_launch("kernel", "fill")
        return
    source = value._host
    while source.ndim and source.shape[0] == 1:
        source = source[0, ...]
    alike = (source.shape, source.strides) == (target.shape, target.strides)
    if alike and source.ctypes.data == target.ctypes.data:
        return
    if _overlap(source, target):
        note_launch("kernel", "copy of what a write overlaps")
    contiguous = alike and target.flags.c_contiguous and source.dtype == target.dtype
    note_launch("copy" if contiguous else "kernel", "setitem")


def indexing_launches(chosen: Sequence[Any]) -> int:
    """Return how many kernels it takes to pick or write by arrays of indices.

    A mask is scanned first; several arrays are turned into one, which is filled and added up.
    """
    if any(array.dtype == bool for array in chosen):
        return 4
    return 1 if len(chosen) == 1 else 2 + len(chosen)


IN_PLACE: Final = frozenset({"fill", "sort", "partition"})
"""Methods that write into their array and return nothing."""


def _shows(result: Any, sources: Sequence[Any]) -> bool:
    """Tell whether a result is no array, or a view of a source; one it was written into is not."""
    if not hasattr(result, "_host"):
        return True
    return any(result is source or result._memory is source._memory for source in sources)


def _overlap(source: Any, target: Any) -> bool:
    first, second = ((a.ctypes.data, a) for a in (source, target))
    if not source.size or not target.size:
        return False
    lows, highs = zip(*(_bounds(*each) for each in (first, second)), strict=True)
    return bool(max(lows) < min(highs))


def _bounds(address: int, array: Any) -> tuple[int, int]:
    """Return the first byte of an array and the one behind its last."""
    spans = [(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)]
    low = sum(span for span in spans if span < 0)
    high = sum(span for span in spans if span > 0)
    return address + low, address + high + array.itemsize


def _cublas_reads(array: Any, *, batched: bool) -> bool:
    flags = array.flags
    if batched:
        return bool(flags.c_contiguous)
    return array.ndim < 2 or bool(flags.c_contiguous or flags.f_contiguous)
