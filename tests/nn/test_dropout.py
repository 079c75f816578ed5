"""Dropout as a layer: its share, its mean, its generator."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import nn


def test_training_drops_a_share_of_p_and_keeps_the_mean() -> None:
    y = nn.Dropout(0.25, generator=minigen.Generator(0))(minigen.ones(100_000)).array
    assert np.unique(y) == pytest.approx([0, 4 / 3])
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.01)


def test_evaluation_returns_the_input() -> None:
    x = minigen.ones(3)
    assert nn.Dropout(0.9).eval()(x) is x


def test_a_generator_decides_the_mask() -> None:
    first, second = (nn.Dropout(generator=minigen.Generator(5)) for _ in range(2))
    x = minigen.ones(50)
    assert (first(x).array == second(x).array).all()
    assert (first(x).array != nn.Dropout()(x).array).any()


def test_the_default_generator_drops_where_none_is_given() -> None:
    dropout, x = nn.Dropout(), minigen.ones(50)
    minigen.manual_seed(1)
    first = dropout(x).numpy()
    minigen.manual_seed(1)
    assert (dropout(x).array == first).all()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_its_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"Dropout: p must lie in \[0, 1\]"):
        nn.Dropout(p)


def test_dropout_takes_inplace_where_pytorch_has_it() -> None:
    x = minigen.ones(9)
    assert repr(nn.Dropout(0.5, True)(x)) != repr(x)
    assert x.tolist() == [1.0] * 9


def test_dropout2d_leaves_out_whole_channels_in_training_alone() -> None:
    dropout, x = nn.Dropout2d(0.5, generator=minigen.Generator(0)), minigen.ones(9, 20, 2, 2)
    factors = dropout(x).reshape(180, 4).array
    assert set(map(tuple, factors.tolist())) == {(0.0,) * 4, (2.0,) * 4}
    assert dropout.eval()(x) is x
