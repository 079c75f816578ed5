from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.engine.random import Generator
from minigen.models import DCGAN, GAN
from minigen.models.watch import take_reading, warn

REAL = Generator(5).uniform((64, 1, 4, 4))
HEALTHY = {"discriminator": 0.7, "generator_gradient": 2.0, "sample_variance": 0.9}


def gan(**options: Any) -> GAN:
    return GAN((1, 4, 4), (8,), 3, generator=Generator(0), **options)


def test_an_undecided_discriminators_loss_is_its_whole_share() -> None:
    reading = take_reading(gan(), REAL, None, {"discriminator_loss": math.log(4)}, Generator(1))
    assert reading["discriminator"] == pytest.approx(1.0)


@pytest.mark.parametrize("objective", ["wasserstein", "wasserstein-gp"])
def test_a_critic_cannot_saturate(objective: str) -> None:
    model = gan(objective=objective)
    reading = take_reading(model, REAL, None, {"discriminator_loss": -3.0}, Generator(1))
    assert set(reading) == {"generator_gradient", "sample_variance"}


def test_the_samples_variance_is_measured_against_the_real_images() -> None:
    model = gan()
    averages = {"discriminator_loss": 1.0}
    reading = take_reading(model, REAL, None, averages, Generator(1))
    samples = model.eval().sample(64, generator=Generator(1)).detach().numpy()
    expected = samples.reshape(64, -1).var(0).sum() / REAL.reshape(64, -1).var(0).sum()
    assert reading["sample_variance"] == pytest.approx(expected, rel=1e-4)
    with minigen.no_grad():
        for parameter in model.sides()["generator"].parameters():
            parameter.copy_(parameter * 0)
    dead = take_reading(model, REAL, None, averages, Generator(1))
    assert dead["sample_variance"] == 0
    assert any("the samples' variance is 0.0%" in sentence for sentence in warn(dead, [reading]))


def test_an_average_of_weights_that_lags_behind_is_not_what_is_measured() -> None:
    averages = {"discriminator_loss": 1.0}
    readings = []
    for average in (0.0, 0.9):
        model = gan(average=average)
        with minigen.no_grad():
            for parameter in model.generator.parameters():
                parameter.copy_(parameter * 2)
        readings.append(take_reading(model, REAL, None, averages, Generator(1)))
    assert readings[0] == readings[1]


def test_the_gradient_is_that_of_the_generators_loss() -> None:
    model = gan().eval()
    reading = take_reading(model, REAL, None, {"discriminator_loss": 1.0}, Generator(1))
    again = Generator(1)
    model.sample(64, generator=again)
    loss = model.side_terms("generator", REAL, None, generator=again)["generator_loss"]
    parameters = list(model.sides()["generator"].parameters())
    loss.backward()
    norm = math.sqrt(sum(float((p.grad**2).sum().item()) for p in parameters if p.grad is not None))
    assert reading["generator_gradient"] == pytest.approx(norm, rel=1e-5)
    assert norm > 0


def test_the_model_is_left_as_it_was() -> None:
    model = DCGAN((1, 8, 8), (4, 8), 3, generator=Generator(0))
    real = Generator(5).uniform((16, 1, 8, 8))
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    take_reading(model, real, None, {"discriminator_loss": 1.0}, Generator(1))
    after = model.state_dict()
    assert all(np.array_equal(before[name], after[name].numpy()) for name in before)
    assert all(module.training for module in model.modules() if isinstance(module, nn.BatchNorm2d))
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"discriminator": 0.019}, "discriminator is saturated: its loss is 1.9% of an undecided"),
        ({"generator_gradient": 0.019}, "gradient is vanishing: its norm is 0.95% of the largest"),
        ({"sample_variance": 0.19}, "variance is 19.0% of the real images'"),
    ],
)
def test_what_has_gone_wrong_is_said_in_words(change: dict[str, float], words: str) -> None:
    (sentence,) = warn({**HEALTHY, **change}, [HEALTHY, {**HEALTHY, "generator_gradient": 1.0}])
    assert words in sentence


def test_nothing_is_said_of_a_game_that_goes_well() -> None:
    assert warn(HEALTHY, []) == []
    assert warn({**HEALTHY, "generator_gradient": 0.03}, [HEALTHY]) == []
    critic = {name: HEALTHY[name] for name in ("generator_gradient", "sample_variance")}
    assert warn(critic, [critic]) == []
