"""The perceptual loss: features of a network that does not move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import nn
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor


def network() -> nn.Sequential:
    """Return layers of which batch norm tells training from evaluation."""
    convolution = nn.Conv2d(1, 2, 3, generator=Generator(1))
    flat = [nn.Flatten(), nn.Dense(8, 3, generator=Generator(2))]
    return nn.Sequential(convolution, nn.BatchNorm2d(2), nn.ReLU(), *flat)


def images() -> Any:
    return Generator(3).uniform((5, 1, 4, 4)), Generator(4).uniform((5, 1, 4, 4))


@pytest.mark.derivation("perceptual_loss")
def test_mean_squared_errors_of_the_layers_are_added_up() -> None:
    features, (x, target) = network().eval(), images()
    convolved = [features[:3](each).numpy() for each in (x, target)]
    described = [features(each).numpy() for each in (x, target)]
    expected = sum(((a - b) ** 2).mean() for a, b in (convolved, described))
    loss = nn.PerceptualLoss(features, [4, 2])
    assert loss(x, target).item() == pytest.approx(expected, rel=1e-5)


def test_the_network_evaluates_and_stands_still_whatever_its_mode() -> None:
    features, (x, target) = network(), images()
    before = {name: value.numpy().copy() for name, value in features.state_dict().items()}
    leaf = Tensor(x, requires_grad=True)
    nn.PerceptualLoss(features, [2])(leaf, target).backward()
    assert leaf.grad is not None
    assert np.abs(leaf.grad.numpy()).max() > 0
    assert features.training
    for name, value in features.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name], err_msg=name)
    assert all(p.grad is None and p.requires_grad for p in features.parameters())


def test_layers_above_the_last_that_is_compared_are_not_needed() -> None:
    x, target = (np.pad(each, ((0, 0), (0, 0), (2, 2), (2, 2))) for each in images())
    assert nn.PerceptualLoss(network(), [0, 2])(x, target).shape == ()  # too large for the last


def test_each_layer_has_its_weight_in_whatever_order_they_are_named() -> None:
    features, (x, target) = network(), images()
    first, last = (nn.PerceptualLoss(features, [layer])(x, target).item() for layer in (2, 4))
    loss = nn.PerceptualLoss(features, [4, 2], weights=[0.5, 3])
    assert loss(x, target).item() == pytest.approx(0.5 * last + 3 * first, rel=1e-5)
    assert nn.PerceptualLoss(features, [4, 2], [0, 1])(x, target).item() == pytest.approx(first)


@pytest.mark.derivation("perceptual_loss")
def test_of_normalised_features_the_directions_are_compared() -> None:
    features, (x, target) = network().eval(), images()
    made, wanted = (features[:1](each).numpy() for each in (x, target))
    cosine = (made * wanted).sum(1) / np.linalg.norm(made, axis=1) / np.linalg.norm(wanted, axis=1)
    loss = nn.PerceptualLoss(features, [0], normalize=True)
    assert loss(x, target).item() == pytest.approx((2 - 2 * cosine).mean() / 2, rel=1e-5)


def test_where_no_feature_is_active_directions_have_no_gradient() -> None:
    silent, (x, target) = nn.Sequential(nn.ReLU()), images()
    leaf = Tensor(-x, requires_grad=True)
    loss = nn.PerceptualLoss(silent, [0], normalize=True)(leaf, -target)
    loss.backward()
    assert loss.item() == 0
    assert leaf.grad is not None
    assert not leaf.grad.numpy().any()


@pytest.mark.parametrize("layers", [[], [5], [-1], [2, 2]])
def test_layers_that_are_not_there_or_named_twice_are_refused(layers: list[int]) -> None:
    message = r"layers from 0 to 4, at least one, each once, are expected, got \["
    with pytest.raises(ValueError, match=message):
        nn.PerceptualLoss(network(), layers)


@pytest.mark.parametrize("weights", [[], [1.0], [1.0, -0.5], [1.0, float("nan")]])
def test_weights_that_do_not_fit_the_layers_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"of at least 0 for each of 2 layers is expected, got \["):
        nn.PerceptualLoss(network(), [0, 2], weights)


def test_images_and_targets_of_two_shapes_are_refused() -> None:
    x, target = images()
    with pytest.raises(ValueError, match=r"one shape are expected, got \(5, 1, 4, 4\) and \(1,"):
        nn.PerceptualLoss(network(), [0])(x, target[:1])


def test_it_says_which_layers_it_compares() -> None:
    loss = nn.PerceptualLoss(network(), [2, 0], [1, 0.5], normalize=True)
    assert "layers=(2, 0), weights=(1, 0.5), normalize=True" in repr(loss)
