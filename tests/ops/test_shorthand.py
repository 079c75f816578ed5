"""Two steps of arithmetic in one call."""

from __future__ import annotations

import numpy as np

import minigen
import minigen.functional as F
from minigen import Tensor
from tests.numeric import slopes


def test_products_and_quotients_are_added_with_a_factor_and_broadcasting() -> None:
    x, a, b = minigen.ones(2, 1), minigen.tensor([2.0, 4.0]), minigen.tensor(4.0)
    assert F.addcmul(x, a, b).tolist() == [[9.0, 17.0]] * 2
    assert x.addcmul(a, b, value=-0.5).tolist() == [[-3.0, -7.0]] * 2
    assert F.addcdiv(x, a, b).tolist() == [[1.5, 2.0]] * 2
    assert x.addcdiv(a, b, value=2).tolist() == [[2.0, 3.0]] * 2


def test_adam_is_written_with_them_in_place() -> None:
    weight, grad = minigen.tensor([1.0, -1.0], requires_grad=True), minigen.tensor([2.0, -4.0])
    mean, square = minigen.zeros(2), minigen.zeros(2)
    with minigen.no_grad():
        mean.mul_(0.9).add_(grad, alpha=0.1)
        square.mul_(0.999).addcmul_(grad, grad, value=0.001)
        root = (square / 0.001).sqrt_().add_(1e-8)
        weight.addcdiv_(mean / 0.1, root, value=-0.25)
    np.testing.assert_allclose(weight.array, [0.75, -0.75], rtol=1e-6)


def test_limits_hold_on_one_side_and_on_them_the_gradient_passes() -> None:
    x = minigen.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    (slope,) = slopes(F.clamp_min(x, 0.0), x)
    assert slope.tolist() == [0.0, 1.0, 1.0]
    (slope,) = slopes(x.clamp_max(0.0), x)
    assert slope.tolist() == [1.0, 1.0, 0.0]


def test_methods_in_place_change_the_tensor_and_return_it() -> None:
    x: Tensor = minigen.tensor([-1.0, 4.0])
    assert x.clamp_min_(0.0) is x
    assert x.sqrt_().tolist() == [0.0, 2.0]
    assert x.neg_().exp_().tolist() == [1.0, np.exp(np.float32(-2.0))]
    assert x.clamp_max_(0.5).tolist()[0] == 0.5
    assert minigen.tensor([-1.0, 2.0]).relu_().tolist() == [0.0, 2.0]
    assert minigen.zeros(1).sigmoid_().tolist() == [0.5]
    assert minigen.zeros(1).tanh_().tolist() == [0.0]
