"""Loops are compiled at their first call, shared by threads, and need no place to keep code."""

from __future__ import annotations

import functools
import importlib
import logging
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.engine import choice
from minigen.kernels.compiled import activation, compilation, losses, normalization
from minigen.kernels.compiled.compilation import LEAST, Loop, next_piece, of_each, share, vectors

from .helpers import Array, batch_last, numbers

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

REPETITIONS = 1000


@Loop
def _double(x: Array, out: Array) -> None:
    for i in range(x.size):
        out[i] = x[i] + x[i]


@Loop
def _quadruple(x: Array, out: Array) -> None:
    _double(x, out)
    _double(out, out)


def test_a_loop_computes_what_its_text_says() -> None:
    x = numbers(1001, "float32", 0)
    compiled, interpreted = np.empty_like(x), np.empty_like(x)
    _double(x, compiled)
    _double.python(x, interpreted)
    np.testing.assert_array_equal(compiled, interpreted)
    assert "_double" in repr(_double.python)


def test_a_loop_can_call_another() -> None:
    x = numbers(1001, "float64", 0)
    out = np.empty_like(x)
    _quadruple(x, out)
    np.testing.assert_array_equal(out, 4 * x)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_each_row_is_computed_once_by_some_thread(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", str(threads))
    for rows in (1, 2, 5, 100):
        seen = np.zeros((rows, 3), int)

        def count(part: Array, number: int) -> None:
            part += number

        share(count, seen, 4)
        np.testing.assert_array_equal(seen, np.full((rows, 3), 4))


def test_small_arrays_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "SHARED", 100)
    lengths: list[int] = []
    for size, cost in ((99, 1), (24, 4), (100, 1), (25, 4)):
        share(lambda x: lengths.append(len(x)), np.zeros(size), cost=cost)
    share(lambda x: lengths.append(len(x)), np.zeros(98))
    assert sorted(lengths) == [12, 13, 24, 50, 50, 98, 99]


def test_vectors_are_views_in_the_order_of_memory() -> None:
    for held in (np.ascontiguousarray, batch_last):
        x = held(numbers((30, 10, 5, 2), "float32", 0))
        found = vectors(x, x)
        assert found is not None
        assert all(np.shares_memory(v, x) and v.flags.c_contiguous for v in found)
        assert found[0].shape == (3000,)


@pytest.mark.parametrize("held", [np.ascontiguousarray, batch_last])
def test_a_new_array_is_held_like_the_one_it_is_made_of(held: Callable[[Array], Array]) -> None:
    x = held(numbers((30, 10, 5, 2), "float32", 0))
    found = of_each(_double.run, x)
    np.testing.assert_array_equal(found, 2 * x)
    assert found.strides == x.strides


def test_other_arrays_are_not_served() -> None:
    x = numbers((50, 60), "float32", 0)
    assert vectors(x) is not None
    not_served: list[tuple[Any, ...]] = [
        (minigen.tensor(x),),
        (1.0,),
        (x.astype("float16"),),
        (x.astype(x.dtype.newbyteorder()),),
        (x.astype(int),),
        (x[:, ::2],),
        (x[:10],),
        (x, x.astype("float64")),
        (x, x[:49]),
        (x, x.T.copy().T),
        (x, 1.0),
    ]
    for given in not_served:
        assert vectors(*given) is None
        assert of_each(_double.run, *given) is NotImplemented
    assert vectors(x.reshape(-1)[:LEAST]) is not None
    assert vectors(x.reshape(-1)[: LEAST - 1]) is None
    assert x[:10].size < LEAST
    assert vectors(x[:10], least=1) is not None


def test_nothing_is_served_with_other_kernels() -> None:
    for other in (choice.READABLE, choice.NUMPY):
        with choice.using(other):
            assert vectors(numbers(5000, "float32", 0)) is None


def _through_loops(seed: int) -> list[Array]:
    """Return what a batch norm, an activation, a loss and Adam compute of numbers drawn."""
    x = batch_last(numbers((80, 30), "float32", seed))
    y = normalization.normalize_channels_kernel(x, None, None, eps=1e-5)
    found = [y, activation.leaky_relu_kernel(y, negative_slope=0.2), activation.sigmoid_kernel(y)]
    (slope,) = activation.leaky_relu_kernel_vjp(x, y, y, negative_slope=0.2)
    found += [slope, losses.logits_cross_entropy_kernel(y, found[-1])]
    weight = nn.Parameter(minigen.tensor(found[-1]))
    weight.grad = minigen.tensor(slope)
    optim.Adam([weight]).step()
    return [*found, weight.array]


def test_two_threads_at_once_compute_what_one_does() -> None:
    expected = [_through_loops(seed) for seed in range(2)]
    wrong: list[int] = []

    def work(seed: int) -> None:
        found = (_through_loops(seed) for _ in range(REPETITIONS))
        wrong.extend(seed for f in found if not all(map(np.array_equal, f, expected[seed])))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ------------------------------------------------------------------- where the code is kept, or not


def test_without_a_folder_to_keep_code_in_it_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = []

    def njit(cache: bool = False, **options: Any) -> Any:
        kept.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compilation, "numba", lambda: SimpleNamespace(njit=njit))
    out = np.zeros(3)
    Loop(_double.python)(np.ones(3), out)
    assert out.tolist() == [2, 2, 2]
    assert kept == [True, False]


def test_a_full_disk_stops_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def compiled(x: Array, out: Array) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("no space left on device")
        out += x

    monkeypatch.setattr(compilation, "jit", lambda function: compiled)
    monkeypatch.setenv("MINIGEN_THREADS", "1")
    out = np.zeros(3)
    Loop(_double.python)(np.ones(3), out)
    assert out.tolist() == [1, 1, 1]


def test_the_first_compilation_is_told_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    events = importlib.import_module("numba.core.event")
    announcer = compilation._announcer(events)
    house = compilation.__package__
    for module in ("somebody.elses", f"{house}.activation", f"{house}.losses", __name__):
        function = SimpleNamespace(__module__=module)
        data = {"dispatcher": SimpleNamespace(py_func=function)}
        announcer.on_start(SimpleNamespace(data=data))
        announcer.on_end(SimpleNamespace(data=data))
    announcer.on_start(SimpleNamespace(data={"dispatcher": _double.compiled}))
    said = "compiling minigen's loops for this processor, once: the code is kept on disk"
    assert [(r.levelno, r.message) for r in caplog.records] == [(logging.WARNING, said)]


def test_numba_is_at_hand_once_it_has_been_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = SimpleNamespace(Listener=object, register=lambda *_: None)
    monkeypatch.setattr(importlib, "import_module", lambda _name: imported)
    compilation.numba.cache_clear()
    try:
        assert not compilation.at_hand()
        assert compilation.numba() is imported
        assert compilation.at_hand()
    finally:
        compilation.numba.cache_clear()


def test_numba_that_cannot_be_imported_is_an_error_if_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(name: str) -> Any:
        raise ImportError("Numba needs NumPy 2.4 or less")

    monkeypatch.setattr(importlib, "import_module", broken)
    compilation.numba.cache_clear()
    try:
        with pytest.raises(choice.KernelsError, match="needs NumPy"):
            compilation.in_use()
        assert caplog.messages == []
        monkeypatch.delenv(choice.VARIABLE)
        assert not compilation.in_use()
        assert len(caplog.messages) == 1
        assert "Numba needs NumPy 2.4 or less" in caplog.messages[0]
        assert not compilation.in_use()
        assert len(caplog.messages) == 1
    finally:
        compilation.numba.cache_clear()


_SEVEN: Any = compilation.Deferred(lambda: 7)


@Loop
def _fill(out: Array) -> None:
    for i in range(out.size):
        out[i] = _SEVEN


def test_what_is_deferred_is_made_when_a_loop_is_compiled() -> None:
    out = np.empty(3)
    _fill(out)
    np.testing.assert_array_equal(out, 7)


@Loop
def _count_pieces(done: Array, counter: Array, end: int) -> None:
    taken = 0
    piece = next_piece(counter, end, taken, done.size)
    while piece < done.size:
        done[piece] += 1
        taken += 1
        piece = next_piece(counter, end, taken, done.size)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_piece_is_taken_once(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", str(threads))
    for _ in range(REPETITIONS // 10):
        done = np.zeros(1000, np.int64)
        compilation.share_pieces(functools.partial(_count_pieces.run, done), 1)
        np.testing.assert_array_equal(done, 1)


def test_little_work_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "SHARED", 10)
    called: list[int] = []
    compilation.share_pieces(lambda *_: called.append(threading.get_ident()), 9)
    assert called == [threading.get_ident()]
    compilation.share_pieces(lambda *_: called.append(threading.get_ident()), 10)
    assert len(called) == 3
