"""Classes drawn by their weights, and channels left out."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator


@pytest.mark.derivation("sample_categorical")
def test_a_class_is_drawn_as_often_as_its_weight_says() -> None:
    weights = minigen.tensor([[1.0, 0.0, 3.0], [5.0, 5.0, 0.0]])
    drawn = F.multinomial(weights, 20_000, replacement=True, generator=Generator(0)).array
    shares = np.stack([np.bincount(row, minlength=3) for row in drawn]) / 20_000
    np.testing.assert_allclose(shares, [[0.25, 0, 0.75], [0.5, 0.5, 0]], atol=0.01)
    assert drawn.dtype == np.int64


def test_without_replacement_no_class_comes_twice_and_the_likely_ones_come_first() -> None:
    weights = minigen.tensor([[0.0, 1.0, 8.0, 1.0]]).expand(5_000, 4)
    drawn = weights.multinomial(3, generator=Generator(0)).array
    assert (np.sort(drawn) == [1, 2, 3]).all()
    # first with the probability 8/10; as the second, after one of the others, with 8/9
    assert (drawn[:, 0] == 2).mean() == pytest.approx(0.8, abs=0.02)
    assert (drawn[:, 1] == 2).mean() == pytest.approx(0.2 * 8 / 9, abs=0.02)


@pytest.mark.parametrize(
    ("weights", "count", "message"),
    [
        ([1.0, 1.0], 0, "a positive num_samples"),
        ([1.0, 1.0], 3, "3 of 2 classes"),
        ([[[1.0]]], 1, "shape"),
    ],
)
def test_numbers_of_draws_that_cannot_be_are_refused(
    weights: list[float], count: int, message: str
) -> None:
    with pytest.raises(ValueError, match=f"multinomial: .*{message}"):
        minigen.multinomial(minigen.tensor(weights), count)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_weights_that_are_none_or_too_few_are_refused() -> None:
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="finite and not negative"):
            minigen.multinomial(minigen.tensor([1.0, wrong]), 1)
    with pytest.raises(ValueError, match="of as few as 1 whose weight isn't 0"):
        minigen.multinomial(minigen.tensor([1.0, 0.0]), 2)
    with pytest.raises(ValueError, match="of as few as 0"):
        minigen.multinomial(minigen.zeros(2), 1, replacement=True)


def test_whole_channels_are_zero_or_scaled() -> None:
    x = minigen.ones(50, 40, 2, 3)
    factor = F.dropout2d(x, 0.25, generator=Generator(0)).array
    assert (factor == factor[..., :1, :1]).all()
    assert (factor == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert factor.max() == pytest.approx(4 / 3)
    assert F.dropout2d(x, 0.25, training=False) is x
    assert F.dropout2d(x, 1.0).sum().item() == 0
    assert F.dropout2d(x[0], 0.5).shape == (40, 2, 3)
    with pytest.raises(ValueError, match=r"dropout2d: x of shape \(N, C, H, W\)"):
        F.dropout2d(minigen.ones(3, 2))
