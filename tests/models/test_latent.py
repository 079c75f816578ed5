from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models import VAE, Autoencoder, interpolate, traverse


class Shown:
    """A model whose images are its latents: (N, 1, 1, latent)."""

    latent = 3

    def decode_images(self, z: np.ndarray, labels: np.ndarray | None = None) -> Tensor:
        if labels is not None:
            z = z + 100 * labels[:, None]
        return minigen.tensor(z.reshape(-1, 1, 1, 3))


def test_lines_are_straight_evenly_spaced_and_keep_both_ends() -> None:
    start, end = Generator(0).normal((4, 3)), Generator(1).normal((4, 3))
    shown = interpolate(Shown(), start, end, steps=5).numpy()
    assert shown.shape == (4, 5, 1, 1, 3)
    z = shown[:, :, 0, 0]
    assert (z[:, 0] == start).all()
    assert (z[:, -1] == end).all()
    for step in range(5):
        expected = start + step / 4 * (end - start)
        np.testing.assert_allclose(z[:, step], expected, rtol=1e-5, atol=1e-6)


def test_one_variable_moves_from_end_to_end_and_the_others_stay() -> None:
    centre = np.array([5.0, 6.0, 7.0], np.float32)
    z = traverse(Shown(), centre, steps=5, reach=2.0).numpy()[:, :, 0, 0]
    assert z.shape == (3, 5, 3)
    for unit in range(3):
        assert z[unit, :, unit].tolist() == [-2, -1, 0, 1, 2]
        others = [u for u in range(3) if u != unit]
        assert (z[unit][:, others] == centre[others]).all()


def test_a_variable_moves_by_the_priors_deviations_about_the_priors_mean() -> None:
    moments = np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.0, 0.5])
    z = traverse(Shown(), np.zeros(3), 3, 2.0, moments=moments).numpy()[:, :, 0, 0]
    moved = [z[unit, :, unit].tolist() for unit in range(3)]
    assert moved == [[8, 10, 12], [16, 20, 24], [29, 30, 31]]


@pytest.mark.parametrize("model", [VAE((1, 2, 3), (4,), 3), Autoencoder((1, 2, 3), (4,), 3)])
def test_models_show_their_reconstructions_at_the_ends(model: VAE | Autoencoder) -> None:
    x = Generator(0).uniform((2, 1, 2, 3))
    encoded = model.encode(x)
    means = encoded[0] if isinstance(encoded, tuple) else encoded
    images = interpolate(model, means[:1], means[1:], steps=4).numpy()
    expected = model.reconstruct(x).numpy()
    assert images.shape == (1, 4, 1, 2, 3)
    np.testing.assert_allclose(images[0, [0, -1]], expected, rtol=1e-5)


def test_the_latents_dtype_is_kept() -> None:
    z = np.zeros((1, 3))
    assert interpolate(Shown(), z, z + 1, steps=3).dtype == np.float64
    assert traverse(Shown(), z[0].astype(np.float32), steps=3).dtype == np.float32


@pytest.mark.parametrize(
    ("start", "end"), [((2, 3), (1, 3)), ((2, 4), (2, 4)), ((3,), (3,)), ((1, 2, 3), (1, 2, 3))]
)
def test_latents_that_do_not_fit_are_no_ends(start: tuple[int, ...], end: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"interpolate: .* \(N, 3\) are expected, got \("):
        interpolate(Shown(), np.zeros(start), np.zeros(end), steps=3)


@pytest.mark.parametrize("shape", [(4,), (1, 3), ()])
def test_latents_that_do_not_fit_are_no_centre(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"z of shape \(3,\) is expected, got \("):
        traverse(Shown(), np.zeros(shape), steps=3)


def test_a_walk_has_two_steps_at_least() -> None:
    with pytest.raises(ValueError, match="interpolate: at least two steps are expected, got 1"):
        interpolate(Shown(), np.zeros((1, 3)), np.zeros((1, 3)), steps=1)
    with pytest.raises(ValueError, match="traverse: at least two steps are expected, got 1"):
        traverse(Shown(), np.zeros(3), steps=1)


@pytest.mark.parametrize("reach", [0.0, -1.0, float("nan")])
def test_a_traversal_reaches_somewhere(reach: float) -> None:
    with pytest.raises(ValueError, match="reach must be positive"):
        traverse(Shown(), np.zeros(3), steps=3, reach=reach)


def test_a_line_and_a_traversal_keep_their_class() -> None:
    start, end = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    shown = interpolate(Shown(), start, end, steps=4, labels=np.array([1, 2])).numpy()
    assert (shown // 100 == np.array([1, 2]).reshape(2, 1, 1, 1, 1)).all()
    moved = traverse(Shown(), np.full(3, 10.0, np.float32), steps=4, reach=5.0, label=7).numpy()
    assert (moved // 100 == np.where(moved >= 700, 7, 6)).all()
    np.testing.assert_allclose(moved[1, 0, 0, 0], [710, 695, 710])
