from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
from benchmarks.architecture import Convolution, parameter_shapes
from benchmarks.libraries.with_minigen import initial_weights
from benchmarks.workloads import SEED, WORKLOADS, SharedNoise


@pytest.mark.parametrize("name", WORKLOADS)
def test_minigens_model_has_the_parameters_that_the_workload_states(name: str) -> None:
    workload = WORKLOADS[name]
    stated = [shape for shapes in workload.parameter_shapes().values() for shape in shapes]
    assert [array.shape for array in initial_weights(workload)] == stated


@pytest.mark.parametrize(
    ("name", "count"),
    [("W1", 652_824), ("W2", 1_691_369), ("W3", 910_658), ("W4", 6_357_700), ("W5", 1_298_210)],
)
def test_the_numbers_of_parameters_are_those_of_the_architectures(name: str, count: int) -> None:
    shapes = WORKLOADS[name].parameter_shapes().values()
    assert sum(math.prod(shape) for each in shapes for shape in each) == count


def test_parameters_come_layer_by_layer() -> None:
    layers = [Convolution(1, 32), Convolution(32, 3, transposed=True, bias=False)]
    assert parameter_shapes(layers) == [(32, 1, 4, 4), (32,), (32, 3, 4, 4)]


@pytest.mark.parametrize("name", WORKLOADS)
def test_images_lie_in_the_unit_interval_and_are_always_the_same(name: str) -> None:
    workload = WORKLOADS[name]
    images, again = workload.images(), workload.images()
    assert len(images) == workload.batches
    for image, other in zip(images, again, strict=True):
        assert image.shape == (workload.batch, *workload.image_shape)
        assert image.dtype == np.float32
        assert 0 <= image.min() < image.max() <= 1
        np.testing.assert_array_equal(image, other)
    assert not (images[0] == images[1]).all()


def test_images_have_a_black_border_and_black_inside() -> None:
    image = WORKLOADS["W1"].images()[0]
    assert image[..., :4, :].max() == image[..., :, -4:].max() == 0
    assert 0.2 < (image[..., 4:-4, 4:-4] == 0).mean() < 0.8


def test_every_library_gets_the_noise_that_minigen_draws() -> None:
    draw, generator = SharedNoise(), minigen.Generator(SEED)
    for shape in ((128, 20), (3,)):
        np.testing.assert_array_equal(draw(*shape), generator.normal(shape))
