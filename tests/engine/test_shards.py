"""The part of a batch that a worker has, and what is drawn for it."""

from __future__ import annotations

import numpy as np
import pytest

from minigen.engine.random import Generator, default_generator, own_default_generator
from minigen.engine.shards import Shard, current_shard, open_shard


def test_no_shard_is_open_by_default_nor_after_an_error() -> None:
    assert current_shard() is None
    with pytest.raises(KeyError), open_shard(Shard(0, 2, 4)):
        raise KeyError
    assert current_shard() is None


@pytest.mark.parametrize("shape", [(7,), (7, 3), (7, 2, 2)])
def test_shards_draw_what_a_whole_batch_draws(shape: tuple[int, ...]) -> None:
    for method in ("normal", "uniform"):
        whole = getattr(Generator(0), method)(shape)
        parts = []
        for start, stop in ((0, 3), (3, 5), (5, 7)):
            with open_shard(Shard(start, stop, 7)):
                parts.append(getattr(Generator(0), method)((stop - start, *shape[1:])))
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_generators_are_as_far_after_a_shard_as_after_the_whole_batch() -> None:
    whole, shared = Generator(0), Generator(0)
    whole.normal((7, 3))
    with open_shard(Shard(3, 5, 7)):
        shared.normal((2, 3))
    assert whole.get_state() == shared.get_state()


def test_the_axis_of_the_examples_may_be_another() -> None:
    whole = Generator(0).integers(0, 100, (2, 7, 3))
    with open_shard(Shard(3, 5, 7)):
        part = Generator(0).integers(0, 100, (2, 2, 3), batch_axis=1)
    np.testing.assert_array_equal(part, whole[:, 3:5])


def test_a_permutation_is_of_the_whole_batch() -> None:
    whole = Generator(0).permutation(7)
    with open_shard(Shard(3, 5, 7)):
        np.testing.assert_array_equal(Generator(0).permutation(2), whole[3:5])


def test_packs_have_an_axis_of_their_own() -> None:
    shard = Shard(4, 8, 10, unit=2)
    assert shard.share_of(2) == (5, slice(2, 4))
    assert shard.share_of(4) == (10, slice(4, 8))
    assert (shard.count, shard.whole_count) == (2, 5)


def test_an_axis_that_is_not_the_batchs_is_refused() -> None:
    with open_shard(Shard(0, 3, 7)), pytest.raises(ValueError, match="batch_axis"):
        Generator(0).normal((2, 3))


def test_a_default_generator_of_ones_own_leaves_the_other_alone() -> None:
    before = default_generator().get_state()
    with own_default_generator() as own:
        assert default_generator() is own
        first = default_generator().normal(3)
    assert default_generator().get_state() == before
    np.testing.assert_array_equal(default_generator().normal(3), first)
