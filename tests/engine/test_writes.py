"""No gradient is taken through data that has changed since; harmless changes pass."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from minigen.engine.guards import WriteLog, writes
from tests.numeric import gradient_of, leaf

REFUSED = "changed in place after the op was recorded"


def refused(backward: Callable[[], None]) -> bool:
    """Run a backward pass, and tell whether it was refused for a write."""
    try:
        backward()
    except RuntimeError as error:
        return REFUSED in str(error)
    return False


def write_index(x: Tensor) -> None:
    with minigen.no_grad():
        x[0] = 9.0


def write_all(x: Tensor) -> None:
    with minigen.no_grad():
        x[...] = 9.0


def write_copy(x: Tensor) -> None:
    with minigen.no_grad():
        x.copy_(np.zeros(x.shape))


def write_step(x: Tensor) -> None:
    x.data -= 0.1


def write_replaced(x: Tensor) -> None:
    x.data = x.array - 0.1


def write_detached(x: Tensor) -> None:
    x.detach()[0] = 9.0


def write_view(x: Tensor) -> None:
    x.detach().reshape(-1)[1:].copy_(9.0)


def write_noted(x: Tensor) -> None:
    x.array[...] = 0.0
    writes.note(x.array)


WRITES = [
    write_index,
    write_all,
    write_copy,
    write_step,
    write_replaced,
    write_detached,
    write_view,
    write_noted,
]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_into_a_leaf_that_a_rule_needs_is_refused(write: Callable[[Tensor], None]) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = (x * w).sum()
    write(x)
    with pytest.raises(
        RuntimeError, match=rf"input 0 of the op mul \(shape \(2,\)\) was {REFUSED}"
    ):
        y.backward()
    assert w.grad is None


@pytest.mark.parametrize("write", WRITES)
def test_a_write_into_an_intermediate_that_a_rule_needs_is_refused(
    write: Callable[[Tensor], None],
) -> None:
    x = leaf([1.0, 2.0])
    h = x * 3
    y = (h * h).sum()
    write(h)
    with pytest.raises(RuntimeError, match=REFUSED):
        y.backward()


@pytest.mark.parametrize("write", WRITES)
def test_a_write_into_an_output_that_its_rule_needs_is_refused(
    write: Callable[[Tensor], None],
) -> None:
    x = leaf([1.0, 2.0])
    y = x.exp()
    write(y)
    with pytest.raises(
        RuntimeError, match=rf"the output of the op exp \(shape \(2,\)\) was {REFUSED}"
    ):
        y.backward(np.ones(2))


@pytest.mark.parametrize("write", WRITES)
def test_a_write_into_a_constant_that_a_rule_needs_is_refused(
    write: Callable[[Tensor], None],
) -> None:
    x, constant = leaf([1.0, 2.0]), minigen.tensor([3.0, 4.0])
    y = (x * constant).sum()
    write(constant)
    with pytest.raises(RuntimeError, match="input 1 of the op mul"):
        y.backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_both_orders_refuse(create_graph: bool) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = (x * w).sum()
    write_step(w)
    with pytest.raises(RuntimeError, match=REFUSED):
        minigen.grad(y, x, create_graph=create_graph)


def test_a_write_between_the_first_and_the_second_order_is_refused() -> None:
    x = leaf([1.0, 2.0])
    (slope,) = minigen.grad((x**3).sum(), x, create_graph=True)
    write_step(x)
    assert slope is not None
    with pytest.raises(RuntimeError, match=REFUSED):
        slope.sum().backward()


@pytest.mark.parametrize(
    "view",
    [
        lambda h: h.reshape(4),
        lambda h: h.T,
        lambda h: h[0],
        lambda h: h[:, 1],
        lambda h: h.detach(),
        lambda h: h.detach().T.flatten(),
        lambda h: h.squeeze(),
        lambda h: h.unsqueeze(0),
    ],
)
def test_a_write_through_a_view_counts_for_the_array_it_shows(
    view: Callable[[Tensor], Tensor],
) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    h = x * 2
    y = (h * h).sum()
    shown = view(h)
    with minigen.no_grad():
        shown[...] = 0.0
    assert np.shares_memory(shown.array, h.array) == bool((h.array == 0).any())
    if np.shares_memory(shown.array, h.array):
        with pytest.raises(RuntimeError, match=REFUSED):
            y.backward()
    else:
        y.backward()
        np.testing.assert_array_equal(gradient_of(x), 8 * x.array)


def test_a_write_into_an_array_counts_for_views_of_it_kept_by_rules() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    h = x * 2
    y = h.T.reshape(2, 2).exp().sum() + (h[0] * h[1]).sum()
    write_all(h)
    with pytest.raises(RuntimeError, match=REFUSED):
        y.backward()


def test_a_step_of_an_optimiser_between_forward_and_backward_is_refused() -> None:
    weight, x = leaf(np.ones((2, 3))), leaf(np.ones((4, 3)))
    loss = F.linear(x, weight).sum()
    weight.data -= 0.1
    with pytest.raises(RuntimeError, match="op linear"):
        loss.backward()


@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i: x[i],
        lambda x, i: x[i, None],
        lambda x, i: x[..., i],
        F.getitem,
        lambda x, i: F.cross_entropy(F.reshape(x, (1, 3)).broadcast_to(2, 3), i, "sum"),
    ],
)
def test_a_write_into_an_index_that_a_rule_needs_is_refused_or_harmless(
    pick: Callable[[Tensor, Tensor], Tensor],
) -> None:
    x, index = leaf([1.0, 2.0, 3.0]), minigen.tensor([0, 1])
    pick(x, index).sum().backward()
    expected = gradient_of(x)
    x.zero_grad()
    y = pick(x, index).sum()
    index[0] = 2
    if not refused(y.backward):
        np.testing.assert_array_equal(gradient_of(x), expected)


# --- harmless writes ------------------------------------------------------------------------------


@pytest.mark.parametrize("write", WRITES)
def test_a_write_before_the_forward_pass_is_harmless(write: Callable[[Tensor], None]) -> None:
    x = leaf([1.0, 2.0])
    write(x)
    (x * x).sum().backward()
    np.testing.assert_allclose(gradient_of(x), 2 * x.array)


@pytest.mark.parametrize("write", WRITES)
def test_a_write_after_the_backward_pass_is_harmless(write: Callable[[Tensor], None]) -> None:
    x = leaf([1.0, 2.0])
    for _ in range(3):
        x.zero_grad()
        before = x.numpy()
        (x * x).sum().backward()
        np.testing.assert_allclose(gradient_of(x), 2 * before)
        write(x)


@pytest.mark.parametrize("write", WRITES)
def test_a_write_into_an_array_that_no_rule_needs_is_harmless(
    write: Callable[[Tensor], None],
) -> None:
    x = leaf([1.0, 2.0])
    h = x * 3
    y = h.exp()  # the rule of exp needs its output, that of mul its inputs: none needs h
    write(h)
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), 3 * np.exp([3.0, 6.0]), rtol=1e-6)


SHAPES_ALONE: dict[str, Callable[[Tensor], Tensor]] = {
    "add": lambda h: h + 1,
    "sub": lambda h: minigen.ones(2) - h,
    "sum": lambda h: h.sum(),
    "mean": lambda h: h.mean(),
    "reshape": lambda h: h.reshape(2, 1),
    "getitem": lambda h: h[:1],
    "cat": lambda h: F.cat([h, h]),
    "pad": lambda h: F.pad(h, (1, 0)),
    "broadcast_to": lambda h: h.broadcast_to(3, 2),
}


@pytest.mark.parametrize("name", SHAPES_ALONE)
def test_a_write_into_an_array_of_which_a_rule_needs_the_shape_alone_is_harmless(name: str) -> None:
    x = leaf([1.0, 2.0])
    y = SHAPES_ALONE[name](x)
    y.backward(np.ones(y.shape))
    expected = gradient_of(x)
    x.zero_grad()
    h = x.clone()
    y = SHAPES_ALONE[name](h)
    write_all(h)
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(gradient_of(x), expected)


def test_a_write_into_an_unrelated_tensor_is_harmless() -> None:
    x, other = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    y = (x * x).sum()
    write_all(other)
    y.backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4])


def test_a_write_into_a_copy_is_harmless() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    write_all(minigen.tensor(x))
    write_all(x.clone())
    x.numpy()[...] = 9
    y.backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4])


def test_a_write_into_a_branch_that_is_not_walked_is_harmless() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    first, second = (x * 2).sum(), (w * w).sum()
    write_step(w)
    first.backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 2])
    with pytest.raises(RuntimeError, match=REFUSED):
        second.backward()


def test_a_write_into_the_gradient_is_harmless() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    assert x.grad is not None
    x.grad[...] = 0
    y.backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4])


@pytest.mark.host_only("NumPy keeps a scalar; a device's array is written, which is refused")
def test_a_result_of_zero_axes_written_later_gives_the_right_gradient_or_none() -> None:
    x = leaf([1.0, 2.0])
    y = x.max()
    z = y.exp()
    with minigen.no_grad():
        y[...] = 7.0
    z.backward()
    np.testing.assert_allclose(gradient_of(x), [0, np.exp(2.0)], rtol=1e-6)


def test_training_writes_into_parameters_every_step() -> None:
    w = leaf([5.0])
    for _ in range(100):
        w.zero_grad()
        (w * w).sum().backward()
        assert w.grad is not None
        w.data -= 0.1 * w.grad
    assert abs(w.item()) < 1e-6


# --- the log --------------------------------------------------------------------------------------


def test_the_log_forgets_arrays_that_are_gone() -> None:
    log = WriteLog()
    array = np.ones(3)
    log.note(array)
    log.note(array[1:])
    assert len(log._times) == len(log._watch) == 1
    del array
    gc.collect()
    assert not log._times
    assert not log._watch


def test_the_log_tells_which_array_was_written_and_when() -> None:
    log = WriteLog()
    first, second = np.ones(3), np.ones(3)
    log.note(first)
    time = log.last
    assert not log.written_since(first, time)
    log.note(first[::-1])
    assert log.written_since(first, time)
    assert log.written_since(first.reshape(3, 1), time)
    assert not log.written_since(second, time)
    assert not log.written_since(first, log.last)


def test_many_arrays_written_and_dropped_leave_no_trace() -> None:
    before = len(writes._times)
    for n in range(1000):
        x: Any = minigen.zeros(3)
        x[0] = n
    del x
    gc.collect()
    assert len(writes._times) <= before + 1
