"""How well bad pictures are told from good ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import metrics
from minigen.data import Defects
from minigen.engine.random import Generator
from minigen.models import VAE, AnomalyDetection


def uniform(*shape: int) -> Any:
    return Generator(2).uniform(shape)


def some_defects(count: int = 30, side: int = 8) -> Defects:
    """Dark pictures, a third of them with a bright spot in the middle, of two kinds."""
    images = (60 * uniform(count, 1, side, side)).astype(np.uint8)
    labels = np.arange(count) % 6 % 3
    masks = np.zeros(images.shape, np.bool_)
    masks[labels > 0, :, 3:5, 3:5] = True
    images[masks] = 250
    return Defects("spots", "test", images, labels, ("good", "one", "two"), masks=masks)


@pytest.mark.parametrize("levels", [3, 1000], ids=["many ties", "few ties"])
def test_auroc_is_the_share_of_pairs_in_the_right_order_ties_counted_half(levels: int) -> None:
    scores = Generator(0).integers(0, levels, (60,)).astype(np.float64)
    positive = uniform(60) < 0.4
    pairs = scores[positive][:, np.newaxis] - scores[~positive]
    expected = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert metrics.auroc(scores, positive) == pytest.approx(expected, abs=1e-12)
    assert metrics.auroc(-scores, positive) == pytest.approx(1 - expected, abs=1e-12)
    shaped = scores.reshape(3, 20), positive.reshape(3, 20)
    assert metrics.auroc(*shaped) == metrics.auroc(scores, positive)


def test_auroc_refuses_what_has_no_order() -> None:
    scores, positive = np.arange(3.0), np.array([True, False, True])
    with pytest.raises(ValueError, match="got 0 and 3"):
        metrics.auroc(scores, np.zeros(3, bool))
    with pytest.raises(ValueError, match=r"one shape are expected, got \(3,\) and bool of \(1,\)"):
        metrics.auroc(scores, positive[:1])
    with pytest.raises(ValueError, match=r"int64 of \(3,\)"):
        metrics.auroc(scores, positive.astype(np.int64))
    with pytest.raises(ValueError, match="NaN or infinite"):
        metrics.auroc(np.array([0, np.nan, 1]), positive)


def test_a_network_stands_beside_what_needs_none() -> None:
    dataset = some_defects()
    good = dataset.scaled()[~dataset.bad]
    model = AnomalyDetection((1, 8, 8), (4,), 2, smoothing=0.5, generator=Generator(0))
    report = metrics.judge_detection(model, dataset, good)
    assert (report.good, report.bad) == (10, 20)
    network, *others = report.outcomes.values()
    # A spot differs in brightness: whatever looks at that finds it.
    for outcome in others:
        assert outcome.by_picture == 1
        assert set(outcome.by_kind) == {"one", "two"}
    assert [outcome.by_pixel is None for outcome in others] == [False, False, False, True]
    assert all(outcome.by_pixel > 0.95 for outcome in others[:3] if outcome.by_pixel)
    maps = metrics.anomaly_maps(model, dataset.scaled(), batch_size=7)
    scores = np.asarray(model.anomaly_scores(maps))
    assert network.by_picture == metrics.auroc(scores, dataset.bad)
    assert network.by_pixel == metrics.auroc(maps, dataset.masks)
    of_one = dataset.labels != 2
    assert network.by_kind["one"] == metrics.auroc(scores[of_one], dataset.bad[of_one])
    assert report.to_dict()["outcomes"]["the model"]["by_picture"] == network.by_picture


def test_principal_components_are_those_of_the_covariance() -> None:
    images = uniform(50, 1, 4, 4)
    images[..., 2:] = images[..., :2] * 0.5
    rows = images.reshape(50, -1).astype(np.float64)
    variances, directions = np.linalg.eigh(np.cov(rows.T))
    found = metrics.PrincipalComponents(images, 3)
    largest = directions[:, -3:]
    mean = rows.mean(axis=0)
    projected = mean + (rows - mean) @ largest @ largest.T
    np.testing.assert_allclose(found.image(images).reshape(50, -1), projected, atol=1e-5)
    rest = variances[:-3].mean()
    covariance = largest @ np.diag(variances[-3:] - rest) @ largest.T + rest * np.eye(16)
    off = rows - mean
    expected = np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off) / 2
    np.testing.assert_allclose(found.negative_log_likelihood(images), expected, rtol=1e-3)
    # Half of the pixels follow from the others: eight components tell it all.
    assert metrics.PrincipalComponents(images).count <= 8


def test_a_vae_scores_by_its_bound() -> None:
    model = VAE((1, 8, 8), hidden=(8,), latent=2, generator=Generator(0))
    images = uniform(20, 1, 8, 8)
    scores = metrics.negative_elbos(model, images, generator=Generator(1), batch_size=20)
    weights = model.log_weights(images, 1, generator=Generator(1)).numpy()
    np.testing.assert_allclose(scores, -weights[0])
    dataset = some_defects()
    of_all = metrics.negative_elbos(model, dataset.scaled(), generator=Generator(1), batch_size=7)
    report = metrics.judge_scores("a VAE", of_all, dataset)
    assert report.outcomes["a VAE"].by_picture == metrics.auroc(of_all, dataset.bad)
