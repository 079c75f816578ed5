"""`no_grad` and `enable_grad`: nested, as decorators, through exceptions and threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import minigen
from minigen import Tensor
from tests.numeric import leaf


def recorded() -> bool:
    """Tell whether an op is recorded now; the flag must say the same."""
    result = (leaf([1.0]) * 2).requires_grad
    assert result == minigen.is_grad_enabled()
    return result


def test_ops_are_recorded_by_default() -> None:
    assert recorded()


def test_no_grad_records_nothing_inside() -> None:
    x = leaf([1.0, 2.0])
    with minigen.no_grad():
        assert not recorded()
        y = x * 2
    assert recorded()
    assert y.is_leaf
    assert not y.requires_grad
    with pytest.raises(RuntimeError, match=r"made under no_grad\(\) or detached"):
        y.sum().backward()


def test_blocks_nest_and_restore_what_was_before() -> None:
    with minigen.no_grad():
        with minigen.enable_grad():
            assert recorded()
            with minigen.no_grad():
                assert not recorded()
            assert recorded()
        assert not recorded()
    assert recorded()


def test_one_block_can_be_entered_again_and_within_itself() -> None:
    block = minigen.no_grad()
    for _ in range(2):
        with block:
            with minigen.enable_grad(), block:
                assert not recorded()
            assert not recorded()
        assert recorded()


@pytest.mark.parametrize("mode", [minigen.no_grad, minigen.enable_grad])
def test_an_exception_inside_restores_the_mode_and_is_not_swallowed(mode: Any) -> None:
    with minigen.no_grad():
        with pytest.raises(ZeroDivisionError), mode():
            raise ZeroDivisionError
        assert not recorded()
    with pytest.raises(ZeroDivisionError), mode():
        raise ZeroDivisionError
    assert recorded()


def test_modes_decorate_functions() -> None:
    @minigen.no_grad()
    def evaluate(x: Tensor) -> Tensor:
        """Double."""
        assert not recorded()
        return x * 2

    @minigen.enable_grad()
    def penalty(x: Tensor) -> Tensor:
        return x * 2

    x = leaf([1.0])
    assert evaluate.__name__ == "evaluate"
    assert evaluate.__doc__ == "Double."
    for _ in range(2):
        assert not evaluate(x).requires_grad
        assert recorded()
    with minigen.no_grad():
        assert penalty(x).requires_grad
        assert not recorded()


def test_a_decorated_function_may_call_itself_and_fail() -> None:
    @minigen.no_grad()
    def countdown(n: int) -> None:
        assert not recorded()
        if n == 0:
            raise ZeroDivisionError
        countdown(n - 1)

    with pytest.raises(ZeroDivisionError):
        countdown(3)
    assert recorded()


def test_a_decorated_generator_runs_under_its_mode_and_its_caller_under_their_own() -> None:
    @minigen.no_grad()
    def doubles(x: Tensor) -> Iterator[Tensor]:
        for _ in range(3):
            yield x * 2

    for y in doubles(leaf([1.0])):
        assert not y.requires_grad
        assert recorded()
    assert recorded()


def test_a_mode_holds_for_its_own_thread_alone() -> None:
    seen: list[bool] = []
    with minigen.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]

    def leave_off() -> None:
        minigen.no_grad().__enter__()

    thread = threading.Thread(target=leave_off)
    thread.start()
    thread.join()
    assert recorded()


def test_a_decorated_function_called_by_two_threads_at_once_restores_each_ones_mode() -> None:
    inside, left = threading.Barrier(2, timeout=10), threading.Event()
    found: dict[str, bool] = {}

    @minigen.no_grad()
    def meet(name: str) -> None:
        inside.wait()  # both threads are in the function now
        if name == "recording":
            assert left.wait(10)  # the thread that entered first leaves first

    def without_recording() -> None:
        with minigen.no_grad():
            meet("not recording")
            found["not recording"] = minigen.is_grad_enabled()
        left.set()

    def with_recording() -> None:
        meet("recording")
        found["recording"] = minigen.is_grad_enabled()

    threads = [threading.Thread(target=work) for work in (without_recording, with_recording)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"not recording": False, "recording": True}


def test_threads_record_and_walk_their_own_graphs() -> None:
    gradients: dict[int, float] = {}

    def work(n: int) -> None:
        x = leaf([float(n)])
        for _ in range(50):
            x.zero_grad()
            y = x
            for _ in range(20):
                y = y + x
            y.backward()
        assert x.grad is not None
        gradients[n] = x.grad.item()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gradients == dict.fromkeys(range(4), 21.0)


def test_leaves_made_under_no_grad_require_gradients_if_asked() -> None:
    with minigen.no_grad():
        x = leaf([1.0])
    assert x.requires_grad
    assert (x * 2).requires_grad


def test_recording_is_set_by_a_condition_and_restored_after_a_block() -> None:
    x = minigen.ones(2, requires_grad=True)
    recorded = []
    with minigen.set_grad_enabled(False):
        recorded.append((x * 2).requires_grad)
        with minigen.set_grad_enabled(True):
            recorded.append((x * 2).requires_grad)
        recorded.append((x * 2).requires_grad)
    recorded.append((x * 2).requires_grad)
    assert recorded == [False, True, False, True]


def test_recording_is_set_from_now_on_without_a_block() -> None:
    minigen.set_grad_enabled(False)
    recorded = minigen.is_grad_enabled()
    minigen.set_grad_enabled(True)
    assert (recorded, minigen.is_grad_enabled()) == (False, True)
