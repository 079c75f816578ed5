"""Work is shared between threads, and what comes out does not depend on their number."""

from __future__ import annotations

import contextvars
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigen import nn
from minigen.engine import parallel
from minigen.engine.parallel import (
    ThreadsError,
    halves,
    one_thread,
    product,
    side_by_side,
    thread_count,
)

pytestmark = pytest.mark.host_only("threads of the host")


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    if parallel._blas() is None:
        pytest.skip("this NumPy's BLAS can't be held to one thread")
    monkeypatch.setenv("MINIGEN_THREADS", "2")


def blas_threads() -> int:
    blas = parallel._blas()
    assert blas is not None
    return blas.get()


class Blas:
    """Stands in for BLAS: so many threads, and what they were set to."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.was_set: list[int] = []

    def get(self) -> int:
        return self.threads

    def set(self, threads: int) -> None:
        self.threads = threads
        self.was_set.append(threads)


@pytest.fixture
def blas(monkeypatch: pytest.MonkeyPatch) -> Blas:
    """Put a BLAS of six threads in the place of NumPy's."""
    stand_in = Blas(6)
    monkeypatch.setattr(parallel, "_blas", lambda: stand_in)
    return stand_in


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_threads_must_be_positive(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", given)
    with pytest.raises(
        ThreadsError, match=f"MINIGEN_THREADS must be a positive integer, .*{given}"
    ):
        thread_count()


def test_the_number_of_threads_is_what_the_environment_says_or_blas_uses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.delenv("MINIGEN_THREADS")
    assert thread_count() >= 1
    with one_thread:  # BLAS is held for a while, which says nothing of the machine
        before = thread_count()
    assert before == thread_count()


def test_without_a_word_there_are_as_many_threads_as_blas_uses_or_else_as_cores(
    blas: Blas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_blas_threads", parallel._blas_threads.__wrapped__)
    monkeypatch.setattr(parallel, "_cores", lambda: 3)
    monkeypatch.delenv("MINIGEN_THREADS", raising=False)
    assert thread_count() == 6
    monkeypatch.setenv("MINIGEN_THREADS", "")
    assert thread_count() == 6
    monkeypatch.setattr(parallel, "_blas", lambda: None)
    assert thread_count() == 3
    monkeypatch.setenv("MINIGEN_THREADS", "1")
    assert thread_count() == 1


def test_cores_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    of_processes = {0: {4, 5, 6}}
    monkeypatch.setattr(os, "sched_getaffinity", of_processes.__getitem__, raising=False)
    assert parallel._cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    for counted, cores in ((7, 7), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda counted=counted: counted)
        assert parallel._cores() == cores


def test_the_openblas_that_comes_with_numpy_is_found() -> None:
    if not any((Path(np.__file__).parent.parent / "numpy.libs").glob("*openblas*")):
        pytest.skip("this NumPy has another BLAS, or the system's")
    found = parallel._blas.__wrapped__()
    assert found is not None
    assert found.get() >= 1


@pytest.mark.usefixtures("two_threads")
def test_two_parts_are_worked_on_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=30)
    threads = set()

    def work(_part: int) -> None:
        both.wait()  # breaks unless the other part is being worked on
        threads.add(threading.get_ident())

    side_by_side(work, (0, 1))
    assert len(threads) == 2
    assert threading.get_ident() in threads


@pytest.mark.usefixtures("two_threads")
def test_more_parts_than_threads_are_all_worked_on_once() -> None:
    done: list[int] = []
    side_by_side(done.append, range(7))
    assert sorted(done) == list(range(7))


def test_with_one_thread_parts_are_worked_on_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "1")
    done: list[tuple[int, int]] = []
    side_by_side(lambda part: done.append((part, threading.get_ident())), range(3))
    assert done == [(part, threading.get_ident()) for part in range(3)]


def test_where_threads_are_more_than_parts_blas_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    if parallel._blas() is None:
        pytest.skip("this NumPy's BLAS can't be held to one thread")
    monkeypatch.setenv("MINIGEN_THREADS", "8")
    seen: list[tuple[int, int]] = []
    side_by_side(lambda _part: seen.append((threading.get_ident(), blas_threads())), (0, 1))
    assert seen == [(threading.get_ident(), blas_threads())] * 2
    threads = set()
    side_by_side(lambda _part: threads.add(threading.get_ident()), range(8))
    assert len(threads) > 1


@pytest.mark.parametrize(
    ("threads", "parts", "shared"), [(2, 1, False), (3, 2, False), (3, 3, True)]
)
def test_work_is_shared_where_each_thread_has_a_part(
    threads: int, parts: int, shared: bool, blas: Blas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", str(threads))
    seen: list[tuple[int, int]] = []
    side_by_side(lambda _: seen.append((threading.get_ident(), blas.threads)), range(parts))
    assert (len({thread for thread, _ in seen}) > 1) == shared
    assert {of_blas for _, of_blas in seen} == {6 if threads > max(2, parts) else 1}
    assert blas.threads == 6


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_blas_that_cannot_be_held_gets_the_parts_in_turn(
    threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_blas", lambda: None)
    monkeypatch.setenv("MINIGEN_THREADS", threads)
    done: list[tuple[int, int]] = []
    side_by_side(lambda part: done.append((part, threading.get_ident())), range(3))
    assert done == [(part, threading.get_ident()) for part in range(3)]


@pytest.mark.usefixtures("two_threads")
def test_work_inside_of_a_lone_part_is_shared() -> None:
    both = threading.Barrier(2, timeout=30)
    side_by_side(lambda _: side_by_side(lambda _part: both.wait(), (0, 1)), (0,))


@pytest.mark.usefixtures("two_threads")
def test_threads_do_not_keep_a_program_from_ending() -> None:
    side_by_side(lambda _part: None, (0, 1))
    waiting = [thread for thread in threading.enumerate() if thread.name == "minigen"]
    assert waiting
    assert all(thread.daemon for thread in waiting)


def test_no_parts_are_no_work() -> None:
    side_by_side(lambda _part: pytest.fail("there is nothing to do"), ())


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("failing", [0, 1])
def test_the_error_of_a_part_is_raised_once_all_have_ended(failing: int) -> None:
    ended = []

    def work(part: int) -> None:
        if part == failing:
            raise LookupError(f"part {part}")
        time.sleep(0.05)
        ended.append(part)

    with pytest.raises(LookupError, match=f"part {failing}"):
        side_by_side(work, (0, 1))
    assert ended == [1 - failing]
    done: list[int] = []
    side_by_side(done.append, (0, 1))  # the threads are there still
    assert sorted(done) == [0, 1]


@pytest.mark.usefixtures("two_threads")
def test_threads_work_in_the_context_of_the_caller() -> None:
    name = contextvars.ContextVar("name", default="nobody")
    name.set("caller")
    seen = []
    with np.errstate(invalid="raise"):
        side_by_side(lambda _: seen.append((name.get(), np.geterr()["invalid"])), (0, 1))
    assert seen == [("caller", "raise")] * 2


@pytest.mark.usefixtures("two_threads")
def test_work_inside_of_a_part_is_done_by_its_thread() -> None:
    def work(part: int) -> None:
        side_by_side(lambda inner: pairs.append((part, inner, threading.get_ident())), (0, 1))

    pairs: list[tuple[int, int, int]] = []
    side_by_side(work, (0, 1))
    assert sorted(pair[:2] for pair in pairs) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert len({(part, thread) for part, _, thread in pairs}) == 2


@pytest.mark.usefixtures("two_threads")
def test_blas_is_held_to_one_thread_and_let_go_again() -> None:
    before = blas_threads()
    seen: list[int] = []
    side_by_side(lambda _part: seen.append(blas_threads()), (0, 1))
    assert seen == [1, 1]
    assert blas_threads() == before
    with one_thread, one_thread:
        assert blas_threads() == 1
    assert blas_threads() == before


def test_the_first_who_holds_blas_and_the_last_who_lets_go_set_its_threads(blas: Blas) -> None:
    held = parallel._Held()
    with held:
        assert blas.was_set == [1]
        with held, held:
            assert blas.was_set == [1]
        assert blas.was_set == [1]
    assert blas.was_set == [1, 6]
    with held:
        assert blas.threads == 1
    assert blas.was_set == [1, 6, 1, 6]


def test_a_blas_that_is_not_found_is_held_by_doing_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "_blas", lambda: None)
    held = parallel._Held()
    with held, held:
        pass


@pytest.mark.usefixtures("two_threads")
def test_whoever_lets_go_of_blas_last_gives_its_threads_back() -> None:
    before = blas_threads()
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with one_thread:
            entered.set()
            leave.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    entered.wait(30)
    with one_thread:
        pass
    assert blas_threads() == 1
    leave.set()
    other.join()
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
def test_many_threads_of_a_program_share_work_without_waiting_for_one_another() -> None:
    totals = [0] * 4

    def program(number: int) -> None:
        for _ in range(250):
            sums = [0, 0]

            def work(part: int, sums: list[int] = sums) -> None:
                sums[part] = part + 1

            side_by_side(work, (0, 1))
            totals[number] += sum(sums)

    programs = [threading.Thread(target=program, args=(number,)) for number in range(4)]
    for thread in programs:
        thread.start()
    for thread in programs:
        thread.join()
    assert totals == [750] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("two_threads")
def test_a_forked_process_has_threads_of_its_own() -> None:
    side_by_side(lambda _part: None, (0, 1))
    child = os.fork()
    if child == 0:
        code = 1
        signal.alarm(30)  # ends it, if it waits for a thread that it has not
        try:
            done: list[int] = []
            side_by_side(done.append, (0, 1))
            code = 0 if sorted(done) == [0, 1] else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8])
def test_halves_cover_everything_once(count: int) -> None:
    parts = halves(count)
    assert [i for part in parts for i in part] == list(range(count))
    assert len(parts) == min(count, 2)
    assert not parts or max(map(len, parts)) - min(map(len, parts)) <= 1


SIZES = [(3, 5, 4), (1, 700, 300), (600, 1, 400), (64, 300, 7), (7, 300, 64)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("limits", [(2**17, 2**23), (1, 2), (2**30, 2**30)])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_numpys_however_it_is_shared(
    size: tuple[int, int, int],
    limits: tuple[int, int],
    transposed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, limit in zip(("LEAST_HELD", "LEAST_SHARED"), limits, strict=True):
        monkeypatch.setattr(parallel, name, limit)
    lines, inner, columns = size
    rng = np.random.default_rng(lines)
    a, b = rng.standard_normal((lines, inner)), rng.standard_normal((inner, columns))
    if transposed:
        a, b = np.asfortranarray(a), np.asfortranarray(b)
    out: Any = np.empty((lines, columns))
    assert product(a, b, out=out) is out
    np.testing.assert_allclose(out, a @ b, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(product(a, b), out)


def test_a_product_is_the_same_to_the_bit_with_one_thread_and_with_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((128, 1000)).astype("float32")
    b = rng.standard_normal((1000, 601)).astype("float32")
    assert a.shape[0] * b.size >= parallel.LEAST_SHARED
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("MINIGEN_THREADS", threads)
        found.append(product(a, b))
    np.testing.assert_array_equal(*found)


@pytest.fixture
def policy(blas: Blas, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int, int], str]:
    """Return what tells how a product of so many lines, terms and columns is made."""
    halves_of: list[slice] = []

    def record(work: Callable[[slice], object], parts: tuple[slice, ...]) -> None:
        for part in parts:
            work(part)
        halves_of.extend(parts)

    monkeypatch.setattr(parallel, "side_by_side", record)
    for name, limit in (("LEAST_HELD", 24), ("LEAST_SHARED", 72)):
        monkeypatch.setattr(parallel, name, limit)

    def how(lines: int, inner: int, columns: int) -> str:
        blas.was_set.clear()
        halves_of.clear()
        product(np.ones((lines, inner)), np.ones((inner, columns)))
        if halves_of:
            assert not blas.was_set
            return "shared"
        return "held" if blas.was_set == [1, 6] else "left to BLAS"

    return how


@pytest.mark.parametrize("threads", ["1", "2"])
def test_products_are_held_to_a_thread_or_shared_by_the_number_of_multiplications(
    threads: str, policy: Callable[[int, int, int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", threads)
    expected = ["left to BLAS", "held", "held", "shared"]
    for multiplications, how in zip((23, 24, 71, 72), expected, strict=True):
        assert policy(1, multiplications, 1) == how
        assert policy(multiplications, 1, 1) == how
    assert policy(2, 2, 6) == "held"
    assert policy(6, 6, 2) == "shared"


@pytest.mark.parametrize("size", [(23, 1, 1), (24, 1, 1), (72, 1, 1)])
def test_products_are_left_to_blas_with_more_threads_than_two_or_if_it_cannot_be_held(
    size: tuple[int, int, int],
    policy: Callable[[int, int, int], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "3")
    assert policy(*size) == "left to BLAS"
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr(parallel, "_blas", lambda: None)
    assert policy(*size) == "left to BLAS"


@pytest.mark.parametrize(
    ("size", "first"),
    [((8, 3, 5), (4, 5)), ((5, 3, 8), (5, 4)), ((5, 3, 5), (2, 5)), ((9, 3, 2), (4, 2))],
)
@pytest.mark.usefixtures("blas")
def test_a_long_product_is_halved_along_its_longer_side(
    size: tuple[int, int, int], first: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    for name in ("LEAST_HELD", "LEAST_SHARED"):
        monkeypatch.setattr(parallel, name, 1)
    monkeypatch.setattr(parallel, "side_by_side", lambda work, parts: work(parts[0]))
    lines, inner, columns = size
    out: Any = np.zeros((lines, columns))
    product(np.ones((lines, inner)), np.ones((inner, columns)), out=out)
    expected = np.zeros((lines, columns))
    expected[: first[0], : first[1]] = inner
    np.testing.assert_array_equal(out, expected)


def test_a_layer_of_convolutions_has_products_shared_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "_products_shared", False)
    nn.Sequential(nn.Dense(2, 3), nn.BatchNorm1d(3))
    assert not parallel.products_shared()
    nn.ConvTranspose2d(1, 1, 2)
    assert parallel.products_shared()
