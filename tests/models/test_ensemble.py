from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.engine.random import Generator
from minigen.models.ensemble import Ensemble, mixture

LOGITS = [Generator(seed).normal((2, 3, 4), np.float64) for seed in range(3)]


def test_a_mixture_has_the_mean_of_the_probabilities() -> None:
    each = [minigen.tensor(logits) for logits in LOGITS]
    expected = np.mean([F.softmax(logits, -1).numpy() for logits in each], 0)
    np.testing.assert_allclose(mixture(each).exp().numpy(), expected, rtol=1e-12)


def test_a_mixture_does_not_depend_on_what_is_added_to_logits() -> None:
    first, second = (minigen.tensor(logits) for logits in LOGITS[:2])
    moved = mixture([first + 500.0, second]).numpy()
    np.testing.assert_allclose(moved, mixture([first, second]).numpy(), rtol=1e-9, atol=1e-9)


def test_a_single_distribution_is_left_as_it_is() -> None:
    alone = minigen.tensor(LOGITS[0])
    assert mixture([alone]) is alone


def test_an_ensemble_has_a_member() -> None:
    with pytest.raises(ValueError, match="members must be at least 1, got 0"):
        Ensemble(0)
