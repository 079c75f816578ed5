"""Finding what is not as it should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen import optim
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.models import AnomalyDetection
from minigen.models.restoration import restore_in_tiles


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape)


def model_of(side: int = 8, channels: tuple[int, ...] = (4, 6), **options: Any) -> AnomalyDetection:
    return AnomalyDetection((1, side, side), channels, 2, generator=Generator(1), **options)


def test_blobs_cover_their_share_and_leave_the_rest() -> None:
    model, x = model_of(32, blobs=0.3), images(20, 1, 32, 32)
    seen: Any = model.corrupt(x, generator=Generator(0))
    changed = (seen != x).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(changed, 0.3, atol=0.01)
    assert (seen.min() >= 0) & (seen.max() <= 1)
    whole: Any = model_of(blobs=0.0).corrupt(x)
    assert (whole == x).all()


def test_a_dense_code_needs_no_blobs() -> None:
    assert model_of().config()["blobs"] == 0.2
    assert model_of(code=3).config()["blobs"] == 0
    assert model_of(code=3, blobs=0.1).config()["blobs"] == 0.1


@pytest.mark.derivation("restoration.mean")
def test_the_loss_is_the_error_of_what_was_undone() -> None:
    model, x = model_of(), images(5, 1, 8, 8)
    made = model.undo(model.corrupt(x, generator=Generator(3))).numpy()
    expected = ((made - x) ** 2).sum() / 5
    assert model.loss(x, generator=Generator(3)).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.derivation("gaussian_blur")
def test_a_score_is_the_largest_blurred_difference() -> None:
    model, x = model_of(smoothing=0.8).eval(), images(3, 2, 8, 8)
    good = images(3, 2, 8, 8)[::-1]
    maps: Any = model.anomaly_maps(x, good)
    blurred = F.gaussian_blur(np.abs(x - good).mean(axis=1, keepdims=True), 0.8)
    np.testing.assert_allclose(maps, blurred, atol=1e-6)
    np.testing.assert_array_equal(model.anomaly_scores(maps), blurred.max(axis=(1, 2, 3)))
    own = model_of().eval()
    one: Any = images(3, 1, 8, 8)
    np.testing.assert_allclose(
        own.anomaly_maps(one).numpy(), own.anomaly_maps(one, own.undo(one).numpy()), atol=1e-6
    )


def test_with_a_dense_code_it_is_the_error_over_the_energy() -> None:
    model, x = model_of(code=3).eval(), images(3, 1, 8, 8)
    good = images(3, 1, 8, 8)[::-1]
    maps = model.anomaly_maps(x, good)
    expected = ((x - good) ** 2).sum(axis=(1, 2, 3)) / (x**2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(model.anomaly_scores(maps), expected, rtol=1e-4)
    black = np.zeros((1, 1, 8, 8), np.float32)
    assert np.isfinite(np.asarray(model.anomaly_maps(black, black))).all()


def test_pictures_of_any_size_are_made_good_in_tiles_as_they_are_whole() -> None:
    model, x = model_of().eval(), images(1, 1, 37, 50)
    with no_grad():
        whole, parts = model.undo(x), restore_in_tiles(model, x, side=16)
    assert whole.shape == x.shape
    np.testing.assert_allclose(parts.numpy(), whole.numpy(), atol=1e-6)


def test_what_lies_farther_than_its_reach_does_not_matter() -> None:
    for channels in ((4,), (4, 6), (4, 6, 6)):
        model = model_of(channels=channels).eval()
        x = images(1, 1, 128, 128)
        changed = x.copy()
        changed[0, 0, 64, 64] = 5
        with no_grad():
            moved = (model.undo(x).numpy() != model.undo(changed).numpy())[0, 0]
        farthest = int(np.abs(np.argwhere(moved) - 64).max())
        assert farthest <= model.reach <= 2 * farthest


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="divisible by 4 are expected, got 6x6"):
        model_of(6, code=3)
    with pytest.raises(ValueError, match=r"images of 8x8 are expected.* got 12x8"):
        model_of(code=3).undo(images(1, 1, 12, 8))
    with pytest.raises(ValueError, match=r"is the least, got none"):
        model_of(channels=())
    with pytest.raises(ValueError, match=r"blobs must lie in \[0, 1\)"):
        model_of(blobs=1.0)


def test_it_learns_to_make_good_what_it_never_saw_bad() -> None:
    """Stripes that all run down: those that run across in a corner are found."""
    generator = Generator(0)
    phases = generator.integers(0, 4, (120, 1, 1, 1))
    stripes = ((np.arange(16) + phases) % 4 < 2) * np.ones((1, 1, 16, 1))
    train = minigen.tensor(stripes.astype(np.float32))
    bad = stripes[:40].astype(np.float32)
    bad[:20, :, :8, :8] = bad[:20, :, :8, :8].swapaxes(2, 3)
    model = AnomalyDetection((1, 16, 16), (8, 8), 4, generator=generator)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(40):
        loss = model.loss(train[generator.permutation(120)[:32]], generator=generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with no_grad():
        scores = model.eval().anomaly_scores(model.anomaly_maps(minigen.tensor(bad))).numpy()
    assert scores[:20].min() > scores[20:].max()
