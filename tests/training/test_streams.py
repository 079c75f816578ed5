from __future__ import annotations

import itertools
import json

import minigen
from minigen import nn
from minigen.engine.random import default_generator
from minigen.training.state import Purpose, TrainingNoise, stream


def test_a_stream_is_the_same_every_time_and_unlike_every_other() -> None:
    keys = list(itertools.product([0, 1, 2**40], Purpose, [0, 1, 2]))
    first = [stream(*key).integers(0, 2**62, 2).tolist() for key in keys]
    assert first == [stream(*key).integers(0, 2**62, 2).tolist() for key in keys]
    assert len({tuple(numbers) for numbers in first}) == len(keys)


def test_the_noise_of_training_goes_on_where_it_was() -> None:
    layer = nn.Dropout(0.5, generator=minigen.Generator(5))
    noise = TrainingNoise(3, nn.Sequential(nn.Dense(2, 2), layer, nn.Dropout(0.5)))
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
