"""The real CuPy without a card: its views and strides, over memory of the host's, and its names.

CuPy can be imported where there is no card, and its arrays can stand over memory that is not its
own. What computes nothing then runs CuPy's own code: views, indices, shapes, strides, contiguity.
What the stand-in makes of the same is compared with it.
"""

from __future__ import annotations

import functools
import importlib
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.strict.array import ndarray
from tests.strict.inventory import OWNERS, VERSION

ROOT = Path(__file__).parents[2]

CONTIGUOUS = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)

VIEWS: list[Callable[[Any], Any]] = [
    lambda x: x,
    lambda x: x.T,
    lambda x: x[0],
    lambda x: x[:, 1:],
    lambda x: x[..., ::2],
    lambda x: x[::-1, :, ::-2],
    lambda x: x[None, :, None],
    lambda x: x[1, ..., 2:4],
    lambda x: x[:, 1:1],
    lambda x: x.transpose(1, 2, 3, 0),
    lambda x: x.transpose(1, 2, 3, 0)[:, ::2],
    lambda x: x.swapaxes(1, 3),
    lambda x: x.reshape(6, 20),
    lambda x: x.reshape(2, -1),
    lambda x: x.reshape(1, 2, 3, 1, 20).squeeze(),
    lambda x: x[:1].reshape(3, 4, 5),
    lambda x: x.ravel(),
    lambda x: x[:1].transpose(1, 2, 3, 0),
    lambda x: x.diagonal(),
]


@pytest.fixture(scope="module")
def real() -> Any:
    """Import the real CuPy, beside whatever is in its place; or skip."""
    others = {name: sys.modules.pop(name) for name in list(sys.modules) if name == "cupy"}
    try:
        library = importlib.import_module("cupy")
    except ImportError:
        pytest.skip("needs CuPy: pip install cupy-cuda12x")
    finally:
        sys.modules.update(others)
    return library


def over_host(library: Any, array: Any) -> Any:
    """Return an array of CuPy's over the memory of one of NumPy's."""
    memory = library.cuda.UnownedMemory(array.ctypes.data, array.nbytes, array, device_id=0)
    pointer = library.cuda.MemoryPointer(memory, 0)
    return library.ndarray(array.shape, array.dtype, memptr=pointer, strides=array.strides)


def described(array: Any, start: int) -> tuple[Any, ...]:
    """Return shape, strides, contiguity, and where an array begins."""
    flags = array.flags
    strides = tuple(s for s, n in zip(array.strides, array.shape, strict=True) if n > 1)
    return array.shape, strides, flags.c_contiguous, flags.f_contiguous, array.data.ptr - start


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_what_cupy_makes_it(view: Callable[[Any], Any], real: Any) -> None:
    start = CONTIGUOUS.ctypes.data
    ours = view(ndarray(CONTIGUOUS, None, 0))
    theirs = view(over_host(real, CONTIGUOUS))
    if theirs.size:
        assert described(ours, start) == described(theirs, start)
    else:
        assert ours.shape == theirs.shape


def test_a_write_of_a_view_into_itself_costs_nothing_but_where_the_first_axis_has_length_1(
    real: Any,
) -> None:
    """What the ledger says of ``out[i] += v``: see `tests.strict.ledger.note_write`."""
    several, one = over_host(real, CONTIGUOUS), over_host(real, CONTIGUOUS[:1])
    several[..., 1:3] = several[..., 1:3]  # nothing is launched, so nothing fails
    with pytest.raises(Exception, match="cudaError"):
        one[..., 1:3] = one[..., 1:3]


def test_an_array_and_its_views_tell_the_memory_that_the_allocator_gave(real: Any) -> None:
    """Which memory a captured step was given: see `minigen.engine.capture.Recording`."""
    given: list[np.ndarray[Any, Any]] = []

    def malloc(size: int) -> Any:
        given.append(np.zeros(size, np.uint8))
        address = given[-1].ctypes.data
        memory = real.cuda.UnownedMemory(address, size, given[-1], device_id=0)
        return real.cuda.MemoryPointer(memory, 0)

    with real.cuda.using_allocator(malloc):
        x = real.empty(3, np.float32)
    assert [x.data.mem.ptr, x[1:].data.mem.ptr] == [given[0].ctypes.data] * 2
    assert x[1:].data.ptr == x.data.mem.ptr + 4


def test_this_version_has_all_that_the_oldest_supported_one_has(real: Any) -> None:
    for owner, names in OWNERS.items():
        held = functools.reduce(getattr, owner.split(".")[1:], real)
        assert [name for name in names if not hasattr(held, name)] == [], owner


def test_the_extras_bring_the_compiler_and_allow_no_version_older_than_the_inventory() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in ("cuda12", "cuda13"):
        (requirement,) = project["optional-dependencies"][extra]
        assert "[ctk]>=" in requirement
        assert requirement.partition(">=")[2] + ".0" == VERSION


@pytest.mark.parametrize(
    "name",
    ["add", "subtract", "multiply", "true_divide", "maximum", "minimum", "exp", "log", "log1p",
     "expm1", "sqrt", "tanh", "power", "absolute", "negative", "sin", "cos", "floor", "rint"],
)  # fmt: skip
def test_functions_of_elements_have_loops_for_both_floats(name: str, real: Any) -> None:
    types = getattr(real, name).types
    for char in "fd":
        assert any(set(loop.replace("->", "")) == {char} for loop in types), types


def test_the_names_that_the_kernels_need_are_there(real: Any) -> None:
    assert callable(real.RawKernel)
