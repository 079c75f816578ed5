from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen.data
from minigen.data import Batches, Images, batch_indices
from minigen.engine.random import Generator, manual_seed

COUNTS = st.integers(1, 60)
SIZES = st.integers(1, 70)


@given(COUNTS, SIZES, st.none() | st.integers(0, 9))
def test_an_epoch_takes_each_example_once(n: int, batch_size: int, seed: int | None) -> None:
    generator = None if seed is None else Generator(seed)
    batches = batch_indices(n, batch_size, generator=generator)
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert 1 <= len(batches[-1]) <= batch_size


@given(COUNTS, SIZES)
def test_drop_last_leaves_out_only_a_batch_that_is_not_full(n: int, batch_size: int) -> None:
    if n < batch_size:
        with pytest.raises(ValueError, match="no minibatch at all"):
            batch_indices(n, batch_size, drop_last=True)
    else:
        kept = batch_indices(n, batch_size, drop_last=True)
        assert [len(batch) for batch in kept] == [batch_size] * (n // batch_size)


def test_without_a_generator_the_order_is_kept() -> None:
    assert np.concatenate(batch_indices(10, 3)).tolist() == list(range(10))


def test_the_order_is_one_permutation_of_the_generator() -> None:
    expected = Generator(3).permutation(10)
    drawn = np.concatenate(batch_indices(10, 4, generator=Generator(3)))
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_holds_one_example_or_more(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size of at least 1 wanted, got {batch_size}"):
        batch_indices(10, batch_size)


def test_no_examples_make_no_epoch() -> None:
    with pytest.raises(ValueError, match="0 examples"):
        batch_indices(0, 3)


def test_one_array_gives_arrays() -> None:
    batches = Batches(np.arange(10.0), 4)
    assert len(batches) == 3
    assert [batch.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_several_arrays_stay_together() -> None:
    numbers = np.arange(20)
    batches = Batches([numbers, numbers**2], 6, shuffle=True, generator=Generator(0))
    for batch, squares in batches:
        np.testing.assert_array_equal(batch**2, squares)


def test_a_dataset_gives_images_and_labels() -> None:
    digits = minigen.data.load("digits")
    images, labels = next(iter(Batches(digits, 5)))
    np.testing.assert_array_equal(images, digits.images[:5])
    np.testing.assert_array_equal(labels, digits.labels[:5])


def test_a_batch_is_a_copy_that_may_be_written_to() -> None:
    array = np.zeros((4, 2))
    for batch in Batches(array, 2):
        batch[:] = 1
    assert not array.any()


def epoch_of(batches: Batches[npt.NDArray[Any]]) -> list[int]:
    return [int(number) for batch in batches for number in batch]


def test_each_epoch_has_an_order_of_its_own_and_a_seed_names_them_all() -> None:
    def epochs() -> list[list[int]]:
        batches = Batches(np.arange(50), 8, shuffle=True, generator=Generator(1))
        return [epoch_of(batches) for _ in range(3)]

    first, second, third = epochs()
    assert first != second != third != first
    assert [first, second, third] == epochs()


def test_without_shuffle_the_generator_is_left_alone() -> None:
    generator = Generator(0)
    state = generator.get_state()
    assert epoch_of(Batches(np.arange(9), 2, generator=generator)) == list(range(9))
    assert generator.get_state() == state


def test_without_a_generator_the_librarys_default_shuffles() -> None:
    batches = Batches(np.arange(50), 8, shuffle=True)
    manual_seed(4)
    first = epoch_of(batches)
    manual_seed(4)
    assert epoch_of(batches) == first == Generator(4).permutation(50).tolist()


@given(st.integers(0, 7))
def test_an_epoch_goes_on_where_it_was_broken_off(done: int) -> None:
    generator = Generator(2)
    batches = Batches(np.arange(50), 8, shuffle=True, generator=generator)
    state = generator.get_state()
    whole, after = [batch.tolist() for batch in batches], epoch_of(batches)
    generator.set_state(state)
    assert [batch.tolist() for batch in batches.epoch(start=done)] == whole[done:]
    assert epoch_of(batches) == after


def test_an_epochs_order_is_drawn_when_it_is_asked_for() -> None:
    generator = Generator(0)
    before = generator.get_state()
    epoch = Batches(np.arange(9), 2, shuffle=True, generator=generator).epoch()
    assert generator.get_state() != before
    assert len(list(epoch)) == 5


@pytest.mark.parametrize("start", [-1, 6])
def test_an_epoch_cannot_start_outside_itself(start: int) -> None:
    with pytest.raises(ValueError, match=f"start from 0 to 5 wanted.*got {start}"):
        Batches(np.arange(10), 2).epoch(start=start)


@pytest.mark.parametrize(
    "arrays",
    [[np.zeros(3), np.zeros(4)], [np.array(1.0)], [np.zeros(3), np.array(1.0)], []],
)
def test_arrays_must_share_one_length(arrays: list[npt.NDArray[Any]]) -> None:
    with pytest.raises(ValueError, match="first axes of one length wanted"):
        Batches(arrays, 2)


def test_anything_but_arrays_is_refused() -> None:
    lists: Any = [[1, 2], [3, 4]]
    with pytest.raises(TypeError, match="NumPy arrays wanted, got list"):
        Batches(lists, 2)


def test_batches_that_would_never_come_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="10 examples in minibatches of 11"):
        Batches(np.arange(10), 11, drop_last=True)
    with pytest.raises(ValueError, match="batch_size"):
        Batches(np.arange(10), 0)
    assert len(Batches(np.arange(10), 3, drop_last=True)) == 3


def test_images_without_labels_come_as_tuples_of_one() -> None:
    pictures = Images("grey", "train", np.arange(20, dtype=np.uint8).reshape(5, 1, 2, 2))
    batches = [images for (images,) in Batches(pictures, 2)]
    assert [len(images) for images in batches] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(batches), pictures.images)
