"""The stand-in keeps its word: it refuses the library what it says, and computes as CuPy does."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from tests.strict.array import ndarray
from tests.strict.counters import counting
from tests.strict.library import Library
from tests.strict.refusal import Refused


def by_library(expression: str, **names: Any) -> Any:
    """Evaluate an expression as if it stood in the library."""
    return eval(expression, {"__name__": "minigen.example", "np": np, **names})


@pytest.fixture
def x(cupy: Library) -> Any:
    """An array on the first card."""
    return cupy.asarray(np.arange(6, dtype=np.float32).reshape(2, 3))


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "bool(x[0, 0])",
        "float(x[0, 0])",
        "int(x[0, 0])",
        "[row for row in x]",
        "3 in x[1]",
        "list(x)",
        "repr(x)",
        "str(x)",
        "f'{x}'",
        "x.flat",
        "np.exp(x)",
        "np.sum(x)",
        "np.shape(x)",
        "np.concatenate([x, x])",
        "x[np.array([0, 1])]",
        "cp.asarray([x, x])",
    ],
)
def test_the_library_may_not_convert_in_secret_and_a_test_may(
    expression: str, x: Any, cupy: Library
) -> None:
    with pytest.raises(Refused):
        by_library(expression, x=x, cp=cupy)
    eval(expression, {"__name__": __name__, "np": np, "x": x, "cp": cupy})


@pytest.mark.parametrize(
    "expression",
    [
        "np.asarray(x)",
        "np.array([x, x])",
        "x + np.ones(3)",
        "np.ones(3) * x",
        "x @ np.ones((3, 1))",
        "x == np.ones(3)",
        "x.__iadd__(np.ones(3))",
        "cp.add(x, np.ones(3))",
        "cp.maximum(x, [1, 2, 3])",
        "cp.concatenate([x, np.ones((2, 3))])",
        "cp.where(np.ones(3), x, x)",
        "x + None",
    ],
)
def test_arrays_of_the_host_are_strangers_with_cupys_own_error(
    expression: str, x: Any, cupy: Library
) -> None:
    with pytest.raises(TypeError):
        by_library(expression, x=x, cp=cupy)


@pytest.mark.parametrize(
    "expression",
    [
        "cp.exp(x, where=x > 0)",
        "x.sum(initial=0)",
        "x.max(where=x > 0)",
        "x.astype('float64', device='cpu')",
        "cp.zeros(3, like=x)",
        "cp.clip(x, min=0, max=1)",
        "cp.pad(x)",
    ],
)
def test_arguments_that_cupy_does_not_have_are_refused(
    expression: str, x: Any, cupy: Library
) -> None:
    with pytest.raises(Refused, match=r"CuPy 14.*has \("):
        by_library(expression, x=x, cp=cupy)


@pytest.mark.parametrize("name", ["errstate", "nditer", "float128", "nothing"])
def test_what_cupy_does_not_have_is_not_there(name: str, cupy: Library) -> None:
    assert not hasattr(cupy, name)


@pytest.mark.parametrize("name", ["ElementwiseKernel", "random"])
def test_what_is_not_imitated_says_so(name: str, cupy: Library) -> None:
    with pytest.raises(Refused, match=f"does not imitate cupy.{name}"):
        getattr(cupy, name)


@pytest.mark.parametrize(
    ("owner", "name"),
    [("cuda", "PinnedMemoryPool"), ("cuda.runtime", "memcpy"), ("ndarray", "toDlpack")],
)
def test_nor_are_these(owner: str, name: str, cupy: Library, x: Any) -> None:
    owners = {"cuda": cupy.cuda, "cuda.runtime": cupy.cuda.runtime, "ndarray": x}
    with pytest.raises(Refused, match=name):
        getattr(owners[owner], name)
    assert not hasattr(owners[owner], "nothing")


@pytest.mark.parametrize("index", ["[0, 5]", "[-7]"])
def test_an_array_of_indices_out_of_range_is_refused_which_cupy_wraps(
    index: str, x: Any, cupy: Library
) -> None:
    with pytest.raises(Refused, match="wrap it round"):
        by_library(f"x[cp.asarray({index})]", x=x, cp=cupy)
    with pytest.raises(IndexError):
        by_library("x[5]", x=x)


def test_one_element_is_not_written_twice(x: Any, cupy: Library) -> None:
    with pytest.raises(Refused, match="written twice"):
        by_library("x.__setitem__(cp.asarray([0, 0]), 1)", x=x, cp=cupy)
    by_library("cp.add.at(x, cp.asarray([0, 0]), 1.0)", x=x, cp=cupy)
    assert x.tolist() == [[2, 3, 4], [3, 4, 5]]


def test_integers_are_not_added_atomically(cupy: Library) -> None:
    with pytest.raises(TypeError, match="int64"):
        cupy.add.at(cupy.zeros(3, int), cupy.asarray([0]), 1)


@pytest.mark.parametrize("value", [np.zeros(3), [1, 2, 3]])
def test_only_arrays_of_the_device_and_numbers_are_written(x: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="cannot be used for fill"):
        by_library("x.__setitem__(0, value)", x=x, value=value)
    by_library("x.__setitem__(0, 7)", x=x)
    assert x.tolist() == [[7, 7, 7], [3, 4, 5]]


def test_an_output_has_the_results_shape(x: Any, cupy: Library) -> None:
    with pytest.raises(ValueError, match="Out shape is mismatched"):
        cupy.add(x[0], 1, out=cupy.zeros((2, 3), np.float32))
    with pytest.raises(TypeError, match=r"must be cupy\.ndarray"):
        cupy.add(x, 1, out=np.zeros((2, 3), np.float32))


# --- as CuPy does ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "x.sum()",
        "x.max()",
        "x[0, 0]",
        "x[0] @ x[1]",
        "x.argmax()",
        "(x > 0).all()",
        "cp.exp(x[0, 0])",
        "cp.linalg.norm(x)",
        "cp.allclose(x, x)",
        "x[0, 0] + np.float32(1)",
        "np.float32(2) * x[0, 0]",
    ],
)
def test_no_result_is_a_scalar(expression: str, x: Any, cupy: Library) -> None:
    result = by_library(expression, x=x, cp=cupy)
    assert type(result) is ndarray
    assert result.shape == ()


def test_results_of_arithmetic_are_contiguous_and_copies_keep_the_order(
    x: Any, cupy: Library
) -> None:
    turned = x.T
    assert not turned.flags.c_contiguous
    for result in (turned + 1, -turned, cupy.exp(turned), turned.sum(0, keepdims=True)):
        assert result.flags.c_contiguous
    assert turned.astype(np.float64).flags.f_contiguous
    assert cupy.zeros_like(turned).flags.f_contiguous
    np.testing.assert_array_equal(turned + 1, np.asarray(x).T + 1)


def test_views_share_memory_and_know_their_base(x: Any, cupy: Library) -> None:
    rows = x[1:].reshape(-1)
    assert rows.base is x
    assert rows[:2].base is x
    rows[0] = 9
    assert x[1, 0].item() == 9
    assert (x + 0).base is None
    assert cupy.ascontiguousarray(x) is x
    assert x.astype(np.float32, copy=False) is x
    assert x[0].T.shape == (3,)


def test_nothing_on_the_host_shares_memory(x: Any, cupy: Library) -> None:
    array = np.zeros(2)
    sent = cupy.asarray(array)
    array[0] = 1
    assert sent.tolist() == [0, 0]
    fetched = sent.get()
    fetched[0] = 2
    assert sent.tolist() == [0, 0]
    assert cupy.asarray(sent) is sent
    assert cupy.array(sent) is not sent
    assert cupy.array(3.0, ndmin=2).shape == (1, 1)


def test_copies_and_pickles(x: Any) -> None:
    for other in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(other) is ndarray
        other[...] = 0
    assert x.max().item() == 5


def test_an_operation_takes_arrays_of_the_current_device_alone(x: Any, cupy: Library) -> None:
    with cupy.cuda.Device(1):
        there: Any = cupy.asarray(x)
        assert there.device == cupy.cuda.Device(1)
        assert (there + 1).device.id == 1
        with pytest.raises(ValueError, match="array device = 0 while current = 1"):
            x + 1
    with pytest.raises(ValueError, match="array device = 1 while current = 0"):
        x + there
    with pytest.raises(RuntimeError, match="invalid device"):
        cupy.cuda.Device(2).use()


def test_a_card_does_not_warn(cupy: Library) -> None:
    assert cupy.log(cupy.zeros(1)).tolist() == [-np.inf]


# --- what is counted ------------------------------------------------------------------------------


def test_reads_waits_and_uploads_are_counted_with_the_librarys_line(x: Any, cupy: Library) -> None:
    with counting() as counters:
        for expression in (
            "x.get()",
            "x[0, 0].item()",
            "x.tolist()",
            "cp.asnumpy(x)",
            "x.tobytes()",
        ):
            by_library(expression, x=x, cp=cupy)
        assert counters.reads == ["minigen/example.py:1"] * 5
        by_library("x[x > 0]", x=x)
        by_library("cp.nonzero(x)", x=x, cp=cupy)
        by_library("x.nonzero()", x=x, cp=cupy)
        cupy.cuda.Device().synchronize()
        cupy.cuda.get_current_stream().synchronize()
        cupy.cuda.Event().synchronize()
        assert len(counters.synchronisations) == 6
        cupy.asarray([1.0])
        assert len(counters.uploads) == 1
    x.get()
    assert len(counters.reads) == 5


def test_streams_and_events_are_there_to_order_work(cupy: Library) -> None:
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream, counting() as counters:
        assert cupy.cuda.get_current_stream() is stream
        stream.wait_event(cupy.cuda.get_current_stream().record())
    assert cupy.cuda.get_current_stream() is not stream
    assert counters.synchronisations == []
    assert cupy.cuda.is_available()
