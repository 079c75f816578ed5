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


@pytest.mark.parametrize("layers", [[], [5], [-1]])
def test_layers_that_are_not_there_are_refused(layers: list[int]) -> None:
    with pytest.raises(ValueError, match=r"layers from 0 to 4, at least one, are expected, got \["):
        nn.PerceptualLoss(network(), layers)


def test_images_and_targets_of_two_shapes_are_refused() -> None:
    x, target = images()
    with pytest.raises(ValueError, match=r"one shape are expected, got \(5, 1, 4, 4\) and \(1,"):
        nn.PerceptualLoss(network(), [0])(x, target[:1])


def test_it_says_which_layers_it_compares() -> None:
    assert "layers=(2, 0)" in repr(nn.PerceptualLoss(network(), [2, 0]))
