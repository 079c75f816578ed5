"""The kernels of batch norm compute what the op's own text says."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import functional as F
from minigen.kernels import normalization as kernels
from minigen.ops.normalization import normalize_channels, normalize_channels_vjp
from minigen.ops.reduction import var

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

SHAPES = [(5, 3), (4, 3, 6), (8, 5, 7, 7), (2, 1, 1, 1), (64, 300, 4, 4)]
OPTIONS = {"eps": 1e-5}


def images(shape: tuple[int, ...], dtype: str = "float64", seed: int = 0) -> npt.NDArray[Any]:
    """Draw an array (N, C, ...) that is held with the batch innermost."""
    drawn = np.random.default_rng([seed, *shape]).standard_normal((*shape[1:], shape[0]))
    return drawn.astype(dtype).transpose(len(shape) - 1, *range(len(shape) - 1))


def vectors(count: int, dtype: str = "float64") -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    drawn = np.random.default_rng(count).standard_normal((2, count)).astype(dtype)
    return drawn[0], drawn[1]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [True, False])
def test_the_forward_kernel_agrees_with_the_op(shape: tuple[int, ...], affine: bool) -> None:
    x = 3 + 2 * images(shape)
    parameters = vectors(shape[1]) if affine else (None, None)
    found = kernels.normalize_channels_kernel(x, *parameters, **OPTIONS)
    np.testing.assert_allclose(
        found, normalize_channels.forward(x, *parameters, **OPTIONS), rtol=0, atol=1e-12
    )
    assert np.moveaxis(found, 0, -1).flags.c_contiguous


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [True, False])
def test_the_rules_kernel_agrees_with_the_rule(shape: tuple[int, ...], affine: bool) -> None:
    x, g = 3 + 2 * images(shape), images(shape, seed=1)
    parameters = vectors(shape[1]) if affine else (None, None)
    expected = normalize_channels_vjp(g, None, x, *parameters, **OPTIONS)
    found = kernels.normalize_channels_kernel_vjp(g, None, x, *parameters, **OPTIONS)
    for of, by in zip(found, expected, strict=True):
        right = by() if callable(by) else by
        assert (of is None) == (right is None)
        if of is not None:
            np.testing.assert_allclose(of, right, rtol=0, atol=1e-9 if shape[1] == 1 else 1e-11)


def test_channels_come_out_the_same_on_one_thread_and_on_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, g = images((64, 300, 4, 4), "float32"), images((64, 300, 4, 4), "float32", seed=1)
    parameters = vectors(300, "float32")

    def computed(threads: int) -> list[npt.NDArray[Any]]:
        monkeypatch.setenv("MINIGEN_THREADS", str(threads))
        y = kernels.normalize_channels_kernel(x, *parameters, **OPTIONS)
        return [y, *kernels.normalize_channels_kernel_vjp(g, None, x, *parameters, **OPTIONS)]

    for one, two in zip(computed(1), computed(2), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("lines", "parts"), [(8, [4, 4]), (5, [3, 2]), (1, [1])])
def test_images_of_one_block_are_shared_from_a_size_on(
    monkeypatch: pytest.MonkeyPatch, lines: int, parts: list[int]
) -> None:
    found: list[int] = []
    rows = np.zeros((lines, 10), "float32")
    kernels._of_each_block(lambda block: found.append(len(rows[block])), rows)
    assert found == [lines]
    found.clear()
    monkeypatch.setattr(kernels, "SHARED", rows.size)
    kernels._of_each_block(lambda block: found.append(len(rows[block])), rows)
    assert sorted(found, reverse=True) == parts


def test_gradients_through_the_kernels_agree_with_finite_differences() -> None:
    x = minigen.tensor(images((4, 3, 2, 2)), requires_grad=True)
    x.data = images((4, 3, 2, 2))  # in its memory order
    parameters = [minigen.tensor(v, requires_grad=True) for v in vectors(3)]
    assert kernels.normalize_channels_kernel(x.array, None, None, eps=1e-5) is not NotImplemented
    minigen.gradcheck(F.normalize_channels, (x, *parameters), order=2)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_float32_stays_as_exact_far_from_zero_as_sums_in_pairs_are(offset: float) -> None:
    x = images((128, 8, 14, 14), "float32") + np.float32(offset)
    exact = normalize_channels.forward(x.astype("float64"), None, None, **OPTIONS)
    found = kernels.normalize_channels_kernel(x, None, None, **OPTIONS)
    readable = normalize_channels.forward(x, None, None, **OPTIONS)
    assert found.dtype == np.float32
    assert np.abs(found - exact).max() <= 2 * np.abs(readable - exact).max()


def test_how_a_mean_was_rounded_shows_in_nothing_that_the_kernels_compute() -> None:
    x = (1000 + 0.01 * images((128, 8, 14, 14))).astype("float32")  # means are off by σ / 30
    g, parameters = images(x.shape, "float32", seed=1) + 1, vectors(8, "float32")
    options = {"eps": 1e-8}
    exactly = [a.astype("float64") for a in (g, x, *parameters)]
    y = kernels.normalize_channels_kernel(x, *parameters, **options)
    np.testing.assert_allclose(y, normalize_channels.forward(*exactly[1:], **options), atol=1e-5)
    variance = kernels.channel_variance(x, axis=(0, 2, 3), keepdims=False, correction=0)
    np.testing.assert_allclose(variance, exactly[1].var((0, 2, 3)), rtol=1e-6)
    found = kernels.normalize_channels_kernel_vjp(g, None, x, *parameters, **options)
    expected = normalize_channels_vjp(exactly[0], None, *exactly[1:], **options)
    for of, by in zip(found, expected, strict=True):
        right = by() if callable(by) else by
        assert of is not None
        assert np.abs(of - right).max() <= 2e-6 * np.abs(right).max()


def test_equal_elements_become_the_shift() -> None:
    x = np.full((3, 2, 4), 0.1, np.float32).transpose(2, 1, 0)
    bias = np.array([1, 2], np.float32)
    y = F.normalize_channels(x, None, bias)
    np.testing.assert_allclose(y, np.broadcast_to(bias[:, None], (4, 2, 3)), atol=1e-4)


@pytest.mark.parametrize("correction", [0, 1])
@pytest.mark.parametrize("shape", [(2, 3), (5, 3), (6, 1, 4), (8, 5, 7, 7), (64, 300, 4, 4)])
def test_the_variance_of_channels_agrees_with_the_op(
    shape: tuple[int, ...], correction: int
) -> None:
    x, axes = 5 + images(shape), (0, *range(2, len(shape)))
    options = {"axis": axes, "keepdims": False, "correction": correction}
    found = kernels.channel_variance(x, **options)
    np.testing.assert_allclose(found, var.forward(x, **options), rtol=1e-12)
    np.testing.assert_allclose(found, x.var(axes, ddof=correction), rtol=1e-12)


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((4, 3, 2, 2)),
        np.zeros((4, 3)),
        np.zeros((4, 0), order="F"),
        np.zeros((4, 3), int, order="F"),
        np.zeros(3),
    ],
    ids=["row-major", "row-major rows", "empty", "integers", "a vector"],
)
def test_what_a_kernel_does_not_serve_is_left_to_the_op(x: npt.NDArray[Any]) -> None:
    assert kernels.normalize_channels_kernel(x, None, None, eps=1e-5) is NotImplemented
    assert kernels.normalize_channels_kernel_vjp(x, None, x, None, None, eps=1e-5) is NotImplemented
    variance = kernels.channel_variance(x, axis=(0,), keepdims=False, correction=0)
    assert variance is NotImplemented


def test_parameters_of_another_dtype_are_left_to_the_op() -> None:
    x, weight = images((4, 3), "float32"), np.ones(3)
    assert kernels.normalize_channels_kernel(x, weight, None, eps=1e-5) is NotImplemented
    assert (
        kernels.normalize_channels_kernel_vjp(x, None, x, weight, None, eps=1e-5) is NotImplemented
    )
    assert F.normalize_channels(x, weight, None).dtype == np.float64


@pytest.mark.parametrize(
    "g", [np.ones((4, 3)), images((4, 3), "float32")], ids=["row-major", "another dtype"]
)
def test_cotangents_that_are_not_held_as_the_images_are_left_to_the_rule(
    g: npt.NDArray[Any],
) -> None:
    found = kernels.normalize_channels_kernel_vjp(g, None, images((4, 3)), None, None, eps=1e-5)
    assert found is NotImplemented


def test_too_few_elements_for_a_variance_are_still_refused() -> None:
    with pytest.raises(ValueError, match="needs more than 1 elements"):
        F.var(np.zeros((1, 3), order="F"), axis=(0,))


@pytest.mark.parametrize("shape", [(128, 2, 14, 14), (100, 3, 7, 9), (1021, 2, 1, 1)])
def test_sums_of_equal_float32_elements_are_those_of_float64(shape: tuple[int, ...]) -> None:
    signs = np.sign(images(shape, "float32"))
    x, g = np.float32(1.1137) * signs, np.full_like(signs, 0.1137)
    axes, options = (0, 2, 3), {"keepdims": False, "correction": 0}
    found = kernels.channel_variance(x, axis=axes, **options)
    np.testing.assert_allclose(found, x.var(axes, np.float64), rtol=1e-6)
    parameters = vectors(shape[1], "float32")
    _, _, grad_bias = kernels.normalize_channels_kernel_vjp(g, None, x, *parameters, **OPTIONS)
    np.testing.assert_allclose(grad_bias, g.sum(axes, np.float64), rtol=1e-6)
