from __future__ import annotations

import itertools
import json
import math

import pytest

import minigen
from minigen import nn
from minigen.engine.random import ALGORITHMS, Algorithm, default_generator
from minigen.training.state import Purpose, RunningAverages, TrainingNoise, stream


def test_a_stream_is_the_same_every_time_and_unlike_every_other() -> None:
    keys = list(itertools.product([0, 1, 2**40], Purpose, [0, 1, 2]))
    first = [stream(*key).integers(0, 2**62, 2).tolist() for key in keys]
    assert first == [stream(*key).integers(0, 2**62, 2).tolist() for key in keys]
    assert len({tuple(numbers) for numbers in first}) == len(keys)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_noise_of_training_goes_on_where_it_was(algorithm: Algorithm) -> None:
    layer = nn.Dropout(0.5, generator=minigen.Generator(5))
    noise = TrainingNoise(3, nn.Sequential(nn.Dense(2, 2), layer, nn.Dropout(0.5)), algorithm)
    assert default_generator().algorithm == noise.generator.algorithm == algorithm
    sources = (noise.generator, default_generator(), layer.generator)
    assert layer.generator is not None

    def draw() -> list[list[float]]:
        return [source.normal(3).tolist() for source in sources if source is not None]

    draw()
    state = json.loads(json.dumps(noise.get_state()))
    following = draw()
    assert draw() != following
    noise.set_state(state)
    assert draw() == following


def test_layers_that_were_given_no_generator_are_seeded_by_the_run() -> None:
    drawn = []
    for seed in (1, 2, 1):
        TrainingNoise(seed, nn.Identity())
        drawn.append(minigen.randn(3).tolist())
    assert drawn[0] == drawn[2] != drawn[1]


def scalar(value: float) -> minigen.Tensor:
    return minigen.tensor(value)


def test_images_count_the_same_in_batches_of_all_sizes() -> None:
    averages = RunningAverages()
    for value, count in ((1.0, 128), (2.0, 128), (10.0, 3)):
        averages.add({"loss": scalar(value), "kl": scalar(value / 2)}, count)
    assert averages.values() == {}
    assert averages.read() is None
    expected = (128 + 256 + 30) / 259
    assert averages.values() == pytest.approx({"loss": expected, "kl": expected / 2})


def test_it_does_not_matter_when_they_are_read() -> None:
    often, once = RunningAverages(), RunningAverages()
    for number in range(10):
        for averages in (often, once):
            averages.add({"loss": scalar(number / 7)}, number + 1)
        often.read()
    once.read()
    assert often.values() == once.values()


def test_they_go_on_from_their_state() -> None:
    first, second = RunningAverages(), RunningAverages()
    first.add({"loss": scalar(1 / 3)}, 7)
    first.read()
    second.set_state(json.loads(json.dumps(first.get_state())))
    for averages in (first, second):
        averages.add({"loss": scalar(1 / 7)}, 3)
        averages.read()
    assert first.values() == second.values()
    assert first.get_state() == second.get_state()


@pytest.mark.parametrize("fault", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["loss", "kl"])
def test_the_first_batch_that_is_not_finite_is_numbered(fault: float, name: str) -> None:
    averages = RunningAverages()
    averages.add({"loss": scalar(1), "kl": scalar(1)}, 1)
    assert averages.read() is None
    for value in (2, 3, fault, 5, fault):
        averages.add({"loss": scalar(2), "kl": scalar(2)} | {name: scalar(value)}, 1)
    assert averages.read() == 2
    assert averages.values()[name] == 2  # of 1, 2 and 3
    assert averages.read() is None


def test_terms_keep_no_graph_alive() -> None:
    averages = RunningAverages()
    x = minigen.ones(3, requires_grad=True)
    averages.add({"loss": (x * x).sum()}, 1)
    (terms, _) = averages._unread[0]
    assert not terms["loss"].requires_grad
