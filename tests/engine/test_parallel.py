"""Work is shared between threads, and what comes out does not depend on their number."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from typing import Any

import numpy as np
import pytest

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
        try:
            done: list[int] = []
            side_by_side(done.append, (0, 1))
            code = 0 if sorted(done) == [0, 1] else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_halves_cover_everything_once(count: int) -> None:
    parts = halves(count)
    assert [i for part in parts for i in part] == list(range(count))
    assert len(parts) == min(count, 2)
    assert not parts or max(map(len, parts)) - min(map(len, parts)) <= 1


SIZES = [(3, 5, 4), (1, 700, 300), (600, 1, 400), (64, 300, 7), (7, 300, 64)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("limits", [(2**17, 2**23, 2**26), (1, 2, 2), (2**30, 2**30, 2**30)])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_numpys_however_it_is_shared(
    size: tuple[int, int, int],
    limits: tuple[int, int, int],
    transposed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, limit in zip(("LEAST_HELD", "MOST_HELD", "LEAST_SHARED"), limits, strict=True):
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
