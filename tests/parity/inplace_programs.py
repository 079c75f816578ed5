"""Short programs that write in place; each runs in PyTorch and here, in the same words.

A program takes the library, `torch` or `minigen`, and returns the tensors to compare. One that
PyTorch refuses must be refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .evaluation import Results

Program = Callable[[Any], Any]

PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    """Enter a program under its name."""
    PROGRAMS[function.__name__] = function
    return function


def results_of(programs: Mapping[str, Program], library: Any) -> Results:
    """Return what programs give, under ``program/number``, or ``program/refused``."""
    found: Results = {}
    for name, run in programs.items():
        try:
            tensors = run(library)
        except (RuntimeError, TypeError, ValueError):
            found[f"{name}/refused"] = np.array(True)
        else:
            found |= {f"{name}/{n}": t.detach().numpy().copy() for n, t in enumerate(tensors)}
    return found


def leaf(library: Any, values: Any = (1.0, -2.0, 3.0)) -> Any:
    return library.tensor(list(values), requires_grad=True)


def matrix(library: Any) -> Any:
    return library.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]], requires_grad=True)


# --- parameters, outside the graph ----------------------------------------------------------------


@program
def manual_sgd_in_a_loop(library: Any) -> Any:
    w, b = leaf(library), leaf(library, [0.5])
    for _ in range(3):
        ((w * 3 + b) ** 2).sum().backward()
        with library.no_grad():
            for p in [w, b]:
                p -= 0.01 * p.grad  # noqa: PLW2901 - what every tutorial writes
                p.grad = None
    return w, b, library.tensor([w.requires_grad, w.is_leaf])


@program
def sgd_by_methods(library: Any) -> Any:
    w = leaf(library)
    (w * w).sum().backward()
    with library.no_grad():
        w.sub_(w.grad, alpha=0.1)
        w.grad.zero_()
    return w, w.grad


@program
def adam_by_hand(library: Any) -> Any:
    w, mean, square = leaf(library), library.zeros(3), library.zeros(3)
    for step in range(1, 4):
        (w**2).sum().backward()
        with library.no_grad():
            mean.mul_(0.9).add_(w.grad, alpha=0.1)
            square.mul_(0.99).addcmul_(w.grad, w.grad, value=0.01)
            root = (square / (1 - 0.99**step)).sqrt_().add_(1e-8)
            w.addcdiv_(mean, root, value=-0.1 / (1 - 0.9**step))
            w.grad.zero_()
    return w, mean, square


@program
def products_are_added_in_the_graph(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.addcmul_(x, x, value=0.5)
    h.tanh_()
    return backward(h, x)


@program
def activations_are_taken_in_place(library: Any) -> Any:
    x = leaf(library)
    return *backward((x * 1).relu_(), x), library.tensor([0.0, 2.0]).sigmoid_()


@program
def momentum_by_hand(library: Any) -> Any:
    w, velocity = leaf(library), library.zeros(3)
    for _ in range(3):
        (w**2).sum().backward()
        with library.no_grad():
            velocity.mul_(0.9).add_(w.grad)
            w.add_(velocity, alpha=-0.1)
            w.grad.zero_()
    return w, velocity


@program
def every_operator_on_a_leaf(library: Any) -> Any:
    w = leaf(library, [5.0, 7.0, 9.0])
    held = w
    with library.no_grad():
        w += 1
        w -= 0.5
        w *= 3
        w /= 2
        w **= 2
        w //= 4
        w %= 5
    return held, library.tensor([held.requires_grad, held.is_leaf, held is w])


@program
def weights_are_clamped(library: Any) -> Any:
    w = leaf(library)
    with library.no_grad():
        w.clamp_(-1, 1)
    (w * w).sum().backward()
    return w, w.grad


@program
def an_average_of_weights_moves(library: Any) -> Any:
    w, newest = leaf(library), library.tensor([1.0, 2.0, 3.0])
    with library.no_grad():
        w.lerp_(newest, 0.25)
    h = w * 1
    h.lerp_(newest, 0.5)
    h.masked_fill_(h > 1.5, 0.0)
    (h * h).sum().backward()
    return w, h, w.grad


@program
def slices_are_added_filled_and_copied(library: Any) -> Any:
    w, h = matrix(library), library.zeros(3, 3)
    h.index_add_(0, library.tensor([2, 0]), w, alpha=0.5)
    h.index_copy_(0, library.tensor([1]), w[:1])
    h.index_fill_(1, library.tensor([-1]), 4.0)
    (h * h).sum().backward()
    return h, w.grad


@program
def elements_are_scattered(library: Any) -> Any:
    w, h = matrix(library), library.ones(2, 4)
    h = h * 2
    h.scatter_(1, library.tensor([[0, 3, 1], [2, 1, 0]]), w)
    h.scatter_add_(1, library.tensor([[0, 0, 1], [2, 2, 2]]), w)
    h.scatter_(1, library.tensor([[3], [3]]), 5.0)
    h.fill_diagonal_(0.0)
    (h * h).sum().backward()
    return h, w.grad


@program
def a_leaf_is_scattered_into(library: Any) -> Any:
    w = matrix(library)
    w.scatter_(1, library.tensor([[0], [1]]), 5.0)
    return (w,)


@program
def elements_are_set(library: Any) -> Any:
    w = matrix(library)
    with library.no_grad():
        w[0] = 7
        w[:, 1] = library.tensor([8.0, 9.0])
        w[w < 0] = 0
    (w * w).sum().backward()
    return w, w.grad


@program
def slices_are_changed(library: Any) -> Any:
    w = matrix(library)
    with library.no_grad():
        w[0] += 1
        w[:, 1] *= 2
        w[1, 2] -= 0.5
        w[w > 4] /= 2
    return w, library.tensor([w.requires_grad, w.is_leaf])


@program
def a_row_is_a_view(library: Any) -> Any:
    w = matrix(library)
    with library.no_grad():
        row = w[1]
        row -= 1
        row[0] = 10
    return w, row


@program
def rows_of_a_loop_are_views(library: Any) -> Any:
    w = matrix(library)
    with library.no_grad():
        for row in w:
            row *= row  # noqa: PLW2901 - it is a view
    return (w,)


@program
def views_by_shape(library: Any) -> Any:
    w = matrix(library)
    with library.no_grad():
        w.view(-1)[4] = 0
        w.T[2].fill_(9)
        w.unsqueeze(0)[0, 0, 0] = 5
    return (w,)


@program
def a_detached_tensor_shares_memory(library: Any) -> Any:
    w = leaf(library)
    w.detach()[0] = 5
    d = w.detach()
    d *= 2
    return w, d, library.tensor([w.requires_grad, d.requires_grad])


@program
def constants_fill(library: Any) -> Any:
    x = library.ones(2, 3)
    x.fill_(4)
    x[0].zero_()
    return (x,)


@program
def copies_broadcast(library: Any) -> Any:
    x = library.zeros(2, 3)
    x.copy_(library.tensor([1.0, 2.0, 3.0]))
    return (x,)


@program
def a_leaf_is_overwritten_by_a_copy(library: Any) -> Any:
    w = leaf(library)
    with library.no_grad():
        w.copy_(library.tensor([4.0, 5.0, 6.0]))
    (w**2).sum().backward()
    return w, w.grad


@program
def requires_grad_is_switched(library: Any) -> Any:
    w = library.ones(2).requires_grad_()
    (w * 3).sum().backward()
    w.requires_grad_(False)
    w += 1
    return w, w.grad, library.tensor([w.requires_grad])


@program
def an_exponential_moving_average(library: Any) -> Any:
    average, w = library.zeros(3), leaf(library)
    with library.no_grad():
        for _ in range(3):
            average.mul_(0.5).add_(w, alpha=0.5)
    return (average,)


# --- dtypes and shapes ----------------------------------------------------------------------------


@program
def integers_stay_integers(library: Any) -> Any:
    n = library.tensor([7, -7, 5])
    n += 2
    n *= 3
    n //= 2
    n %= 5
    return (n,)


@program
def integers_take_no_float_sum(library: Any) -> Any:
    n = library.tensor([1, 2])
    n += 0.5
    return (n,)


@program
def integers_take_no_quotient(library: Any) -> Any:
    n = library.tensor([1, 2])
    n /= 2
    return (n,)


@program
def integers_take_no_float_tensor(library: Any) -> Any:
    n = library.tensor([1, 2])
    n *= library.tensor([1.0, 2.0])
    return (n,)


@program
def booleans_take_no_integers(library: Any) -> Any:
    b = library.tensor([True, False])
    b += 1
    return (b,)


@program
def booleans_combine(library: Any) -> Any:
    b = library.tensor([True, False, True])
    b &= library.tensor([True, True, False])
    b |= library.tensor([False, True, False])
    return (b,)


@program
def integers_combine_by_bits(library: Any) -> Any:
    n = library.tensor([6, 3])
    n &= 5
    n |= 8
    return (n,)


@program
def a_wider_float_is_narrowed(library: Any) -> Any:
    x = library.ones(2)
    x += library.tensor([0.5, 0.25]).double()
    return (x,)


@program
def a_narrower_float_is_widened(library: Any) -> Any:
    x = library.ones(2).double()
    x *= library.tensor([0.5, 0.25])
    return (x,)


@program
def floats_take_integers(library: Any) -> Any:
    x = library.tensor([0.5, 1.5])
    x += library.tensor([1, 2])
    x[0] = 3
    return (x,)


@program
def integers_are_set_to_floats(library: Any) -> Any:
    n = library.tensor([1, 2, 3])
    n[0] = 2.7
    n.copy_(library.tensor([1.9, 2.9, 3.9]))
    return (n,)


@program
def operands_broadcast(library: Any) -> Any:
    x = library.zeros(2, 3)
    x += library.tensor([1.0, 2.0, 3.0])
    x *= library.tensor([[2.0], [3.0]])
    return (x,)


@program
def a_shape_can_not_grow(library: Any) -> Any:
    x = library.zeros(3)
    x += library.ones(2, 3)
    return (x,)


@program
def a_scalar_can_not_grow(library: Any) -> Any:
    total = library.tensor(0.0)
    total += library.ones(3)
    return (total,)


@program
def an_expanded_tensor_is_not_written(library: Any) -> Any:
    x = library.ones(1, 3).expand(2, 3)
    x += 1
    return (x,)


@program
def a_number_is_filled_in_but_no_vector(library: Any) -> Any:
    x = library.zeros(3)
    x.fill_(library.tensor([1.0, 2.0, 3.0]))
    return (x,)


# --- leaves, while recording ----------------------------------------------------------------------


@program
def a_leaf_is_not_added_to(library: Any) -> Any:
    w = leaf(library)
    w += 1
    return (w,)


@program
def a_leaf_is_not_zeroed(library: Any) -> Any:
    return (leaf(library).zero_(),)


@program
def elements_of_a_leaf_are_not_set(library: Any) -> Any:
    w = leaf(library)
    w[0] = 1
    return (w,)


@program
def a_slice_of_a_leaf_is_not_changed(library: Any) -> Any:
    w = matrix(library)
    w[0] += 1
    return (w,)


@program
def a_view_of_a_leaf_is_not_changed(library: Any) -> Any:
    w = matrix(library)
    w.view(-1).mul_(2)
    return (w,)


# --- intermediates --------------------------------------------------------------------------------


def backward(output: Any, *leaves: Any) -> Any:
    """Run backward of a weighted sum; return the output and the gradients."""
    weights = output.detach() * 0.1 + 1
    (output * weights).sum().backward()
    return output, *(x.grad for x in leaves)


@program
def a_sum_in_place(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h += 1
    h -= x
    return backward(h, x)


@program
def a_product_in_place(library: Any) -> Any:
    x, w = leaf(library), leaf(library, [2.0, 3.0, 4.0])
    h = x + 1
    h *= w
    return backward(h, x, w)


@program
def a_quotient_in_place(library: Any) -> Any:
    x, w = leaf(library), leaf(library, [2.0, 3.0, 4.0])
    h = x * 2
    h /= w
    h += 1
    return backward(h, x, w)


@program
def a_power_in_place(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h **= 3
    h -= 1
    return backward(h, x)


@program
def a_quotient_is_shifted(library: Any) -> Any:
    x = leaf(library)
    h = x / 4
    h -= 0.5
    return backward(h, x)


@program
def a_remainder_in_place(library: Any) -> Any:
    x = leaf(library, [5.0, 7.5, -1.0])
    h = x * 2
    h %= 4
    return backward(h, x)


@program
def a_clamp_in_place(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.clamp_(-1, 4)
    return backward(h, x)


@program
def a_chain_of_methods(library: Any) -> Any:
    x = leaf(library)
    h = (x * 2).add_(1).mul_(3).sub_(x, alpha=2).div_(4)
    return backward(h, x)


@program
def a_constant_takes_a_gradient(library: Any) -> Any:
    x, total = leaf(library), library.zeros(3)
    total += x * x
    total += x
    return *backward(total, x), library.tensor([total.requires_grad, total.is_leaf])


@program
def losses_add_up(library: Any) -> Any:
    x, total = leaf(library), library.tensor(0.0)
    for k in range(3):
        total += (x**2).sum() * k
    total.backward()
    return total, x.grad


@program
def an_intermediate_is_zeroed(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.zero_()
    return backward(h, x)


@program
def an_intermediate_is_copied_into(library: Any) -> Any:
    x, y = leaf(library), leaf(library, [4.0, 5.0, 6.0])
    h = x * 2
    h.copy_(y * 3)
    return backward(h, x, y)


@program
def a_copy_broadcasts_and_narrows(library: Any) -> Any:
    x, y = matrix(library), leaf(library, [4.0, 5.0, 6.0])
    h = x * 2
    h.copy_(y.double() * 3)
    return backward(h, x, y)


@program
def a_mask_is_set_to_zero(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    h[h < 0] = 0
    return backward(h, x)


@program
def elements_take_gradients(library: Any) -> Any:
    x, y = matrix(library), leaf(library, [4.0, 5.0])
    h = x * 2
    h[:, 1] = y * y
    h[0, 0] = y.sum()
    return backward(h, x, y)


@program
def rows_are_gathered_into_zeros(library: Any) -> Any:
    x, out = leaf(library), library.zeros(2, 3)
    out[0] = x * 2
    out[1, 1:] = x[:2]
    return backward(out, x)


@program
def a_buffer_is_filled_by_a_chain_of_indices(library: Any) -> Any:
    x, out = leaf(library), library.zeros(2, 3)
    out[0][1] = x.sum()
    return backward(out, x)


@program
def a_sequence_is_unrolled(library: Any) -> Any:
    x, states = leaf(library, [0.5]), library.zeros(4)
    states[0] = x.sum()
    for step in range(1, 4):
        states[step] = states[step - 1].clone() * 0.5 + x.sum()
    return backward(states, x)


@program
def integer_indices_pick_what_is_set(library: Any) -> Any:
    x, y = matrix(library), leaf(library, [4.0, 5.0])
    h = x * 2
    h[library.tensor([0, 1]), library.tensor([2, 0])] = y
    return backward(h, x, y)


@program
def a_slice_of_an_intermediate_is_changed(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    h[0] += x[1]
    h[:, 1] *= 3
    h[1, 2] **= 2
    return backward(h, x)


@program
def a_mask_of_an_intermediate_is_changed(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    h[h > 0] *= 3
    return backward(h, x)


@program
def a_view_of_an_intermediate_is_changed(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    v = h[1]
    v *= 3
    return *backward(h, x), v, library.tensor([h.requires_grad, v.requires_grad])


@program
def a_changed_view_is_used(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    v = h[1]
    v.mul_(3).add_(1)
    return backward(v * h, x)


@program
def an_element_is_a_view(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    v = h[1]
    v *= 5
    return backward(h, x)


@program
def rows_swap_by_clones(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    first = h[0].clone()
    h[0] = h[1]
    h[1] = first
    return backward(h, x)


@program
def an_intermediate_is_written_outside_the_graph(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    with library.no_grad():
        h += 5
    return backward(h, x)


@program
def the_slope_is_differentiated_again(library: Any) -> Any:
    x = leaf(library)
    h = x * 1
    h *= x
    h[0] = x[1] ** 3
    (slope,) = library.autograd.grad((h * h).sum(), x, create_graph=True)
    slope.sum().backward()
    return slope, x.grad


@program
def a_tensor_is_detached_in_place(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.detach_()
    h += 1
    return h, library.tensor([h.requires_grad, h.is_leaf, x.grad is None])


@program
def two_views_are_changed(library: Any) -> Any:
    x = matrix(library)
    h = x * 2
    first, second = h[0], h[1]
    first *= 2
    second *= 3
    return backward(h, x)


@program
def a_mean_is_taken_off(library: Any) -> Any:
    x = matrix(library)
    h = x * 1
    h -= h.mean()
    h /= (h * h).sum()
    return backward(h, x)


@program
def a_sequence_is_unrolled_without_clones(library: Any) -> Any:
    x, states = leaf(library, [0.5]), library.zeros(4)
    states[0] = x.sum()
    for step in range(1, 4):
        states[step] = states[step - 1] * 0.5 + x.sum()
    return backward(states, x)


# --- rules that need the old values ---------------------------------------------------------------


@program
def a_factor_is_changed_before_backward(library: Any) -> Any:
    x, w = leaf(library), leaf(library, [2.0, 3.0, 4.0])
    loss = (x * w).sum()
    with library.no_grad():
        w -= 1
    loss.backward()
    return (x.grad,)


@program
def an_intermediate_is_changed_that_a_square_needs(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    y = h**2
    h += 1
    y.sum().backward()
    return (x.grad,)


@program
def an_output_is_changed_that_its_rule_needs(library: Any) -> Any:
    x = leaf(library)
    h = x.exp()
    h += 1
    h.sum().backward()
    return (x.grad,)


@program
def a_slice_is_changed_that_a_rule_needs(library: Any) -> Any:
    x = leaf(library)
    h = x.sigmoid()
    h[0] = 1
    h.sum().backward()
    return (x.grad,)


@program
def an_older_sum_does_not_mind(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    y = h + 1
    h *= 3
    return backward(y * h, x)


@program
def an_older_slice_does_not_mind(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    y = h[:2] + 1
    h *= 3
    return backward(y * h[1:], x)


@program
def an_older_scaling_does_not_mind(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    y = h * 3
    h += 1
    return backward(y * h, x)


# --- through .data, which the graph does not know -------------------------------------------------


@program
def a_critics_weights_are_clipped(library: Any) -> Any:
    critic = [leaf(library), matrix(library)]
    for p in critic:
        p.data.clamp_(-1.5, 1.5)
    return *critic, library.tensor([p.requires_grad and p.is_leaf for p in critic])


@program
def first_weights_are_set(library: Any) -> Any:
    w, b, gain = matrix(library), leaf(library), leaf(library)
    w.data.normal_(3.0, 0.0)
    b.data.zero_()
    gain.data.fill_(1)
    return w, b, gain


@program
def a_step_is_taken_on_data(library: Any) -> Any:
    w, b, c = leaf(library), leaf(library, [0.5]), leaf(library, [2.0, 1.0, 0.0])
    for _ in range(2):
        ((w * 3 + b) ** 2 * c).sum().backward()
        w.data -= 0.01 * w.grad.data
        b.data.add_(b.grad, alpha=-0.01)
        c.data = c.data - 0.01 * c.grad
        for p in (w, b, c):
            p.grad.data.zero_()
    return w, b, c


@program
def an_average_of_weights_follows(library: Any) -> Any:
    weight, average = leaf(library), library.zeros(3)
    average.data.copy_(weight.data)
    weight.data[0] = 7
    average.data.mul_(0.9).add_(weight.data, alpha=0.1)
    return weight, average


@program
def data_shares_memory_and_asks_for_no_gradient(library: Any) -> Any:
    x = leaf(library)
    y = x.data * 2
    x.data[x.data < 0] = 0
    return x, y, library.tensor([x.data.requires_grad, y.requires_grad])


@program
def data_of_a_result_is_a_constant(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    return backward(h * h.data, x)


@program
def a_loss_is_read_through_data(library: Any) -> Any:
    loss = (leaf(library) ** 2).mean()
    return (library.tensor([loss.data.item(), float(loss.data.numpy()), float(loss.data.cpu())]),)


# --- gradients on their way -----------------------------------------------------------------------


@program
def a_gradient_is_kept(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.retain_grad()
    (h * h).sum().backward()
    return x.grad, h.grad


@program
def a_gradient_is_changed_on_its_way(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.register_hook(lambda g: g.clamp(-1, 1))
    x.register_hook(lambda g: 10 * g)
    return backward(h * h, x)


@program
def without_a_gradient_there_is_nothing_to_keep(library: Any) -> Any:
    library.zeros(2).retain_grad()
    return ()


# --- random numbers: only what does not depend on the stream --------------------------------------


@program
def drawn_numbers_keep_the_tensor(library: Any) -> Any:
    w = leaf(library)
    held = w
    with library.no_grad():
        w.normal_(3.0, 0.0)
        first = w.clone()
        w.uniform_(2.0, 2.0)
    return first, held, library.tensor([held.requires_grad])


@program
def drawn_numbers_cut_the_gradient(library: Any) -> Any:
    x = leaf(library)
    h = x * 2
    h.uniform_(1, 1)
    return backward(h, x)


@program
def a_leaf_draws_nothing_while_recording(library: Any) -> Any:
    return (leaf(library).normal_(),)
