"""Hooks: what a backward pass hands them, and what it does with what they return."""

from __future__ import annotations

import copy
import gc
import weakref

import pytest

import minigen


def leaf() -> minigen.Tensor:
    return minigen.tensor([1.0, -2.0, 3.0], requires_grad=True)


def test_a_hook_sees_the_whole_gradient_once_a_pass() -> None:
    x, seen = leaf(), []
    h = x * 2
    h.register_hook(lambda g: seen.append(g.tolist()))
    (h * h + h).sum().backward()
    assert seen == [[5.0, -7.0, 13.0]]
    assert x.grad is not None
    assert x.grad.tolist() == [10.0, -14.0, 26.0]


def test_hooks_change_the_gradient_one_after_the_other() -> None:
    x = leaf()
    h = x * 2
    h.register_hook(lambda g: g + 1)
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [40.0] * 3


def test_a_leafs_hook_is_handed_the_sum_of_this_pass_alone() -> None:
    x, seen = leaf(), []
    x.register_hook(lambda g: seen.append(g.tolist()))
    for _ in range(2):
        (x + 3 * x).sum().backward()
    assert seen == [[4.0] * 3] * 2
    assert x.grad is not None
    assert x.grad.tolist() == [8.0] * 3


def test_a_removed_hook_is_not_called() -> None:
    x = leaf()
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0] * 3


def test_a_retained_gradient_is_what_other_hooks_have_made_of_it() -> None:
    x = leaf()
    h = x * 2
    h.retain_grad()
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.sum().backward(retain_graph=True)
    h.sum().backward()
    assert h.grad is not None
    assert h.grad.tolist() == [20.0] * 3


def test_grad_hands_hooks_its_gradients_too() -> None:
    x = leaf()
    h = x * 2
    h.register_hook(lambda g: g * 10)
    found = minigen.grad(h.sum(), [h, x])
    assert [g.tolist() for g in found if g is not None] == [[10.0] * 3, [20.0] * 3]


def test_a_hook_of_a_recorded_pass_is_differentiated() -> None:
    x = minigen.tensor(3.0, requires_grad=True)
    h = x * x
    h.register_hook(lambda g: g * x)
    (first,) = minigen.grad(h, x, create_graph=True)
    assert first is not None
    assert first.item() == 18.0  # 2 x^2
    (second,) = minigen.grad(first, x)
    assert second is not None
    assert second.item() == 12.0  # 4 x


def test_a_gradient_of_another_shape_is_refused() -> None:
    x = leaf()
    x.register_hook(lambda g: g.sum())
    with pytest.raises(ValueError, match=r"shape \(\) for a tensor of shape \(3,\)"):
        x.sum().backward()


@pytest.mark.parametrize("method", ["register_hook", "retain_grad"])
def test_a_tensor_without_gradient_is_refused_by_the_methods_name(method: str) -> None:
    x = minigen.ones(2)
    with pytest.raises(RuntimeError, match=f"{method}: the tensor does not require a gradient"):
        getattr(x, method)(*[abs] if method == "register_hook" else [])


def test_a_copy_has_no_hooks() -> None:
    x = leaf()
    x.register_hook(lambda g: g * 10)
    other = copy.deepcopy(x)
    other.sum().backward()
    assert other.grad is not None
    assert other.grad.tolist() == [1.0] * 3


def test_hooks_keep_no_tensor_alive() -> None:
    def watched() -> weakref.ref[object]:
        h = leaf() * 2
        h.retain_grad()
        h.register_hook(lambda g: h * g)  # a cycle, which the collector breaks
        return weakref.ref(h.array)

    held = watched()
    gc.collect()
    assert held() is None
