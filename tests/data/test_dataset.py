from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.data import Dataset, Images, scale_images


def dataset(**changes: Any) -> Dataset:
    valid: dict[str, Any] = {
        "name": "shades",
        "split": "train",
        "images": np.arange(24, dtype=np.uint8).reshape(4, 1, 2, 3),
        "labels": np.array([0, 1, 1, 0]),
        "classes": ("dark", "light"),
        "maximum": 23,
    }
    return Dataset(**(valid | changes))


def test_a_dataset_tells_its_length_and_the_shape_of_an_image() -> None:
    assert len(dataset()) == 4
    assert dataset().image_shape == (1, 2, 3)
    assert repr(dataset()) == (
        "Dataset('shades', 'train', 4 images of shape (1, 2, 3), values 0 to 23, 2 classes)"
    )


def test_images_and_labels_are_contiguous_and_read_only() -> None:
    strided = np.zeros((8, 1, 2, 3), np.uint8)[::2]
    made = dataset(images=strided)
    assert made.images.flags.c_contiguous
    for array in (made.images, made.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_the_arrays_it_was_made_from_stay_writeable() -> None:
    images = np.zeros((4, 1, 2, 3), np.uint8)
    dataset(images=images)
    assert images.flags.writeable


def test_its_fields_cannot_be_replaced() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset().name = "other"  # type: ignore[misc]  # the attempt is the test


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((4, 1, 2, 3))}, "images of uint8 .* got float64"),
        ({"labels": np.zeros(4, np.int32)}, "labels of int64 wanted, got uint8 and int32"),
        ({"images": np.zeros((4, 6), np.uint8)}, r"shape \(N, C, H, W\) .* got \(4, 6\)"),
        ({"labels": np.zeros(3, np.int64)}, r"labels of shape \(N,\) .* and \(3,\)"),
        ({"maximum": 22}, "images: values from 0 to 22 wanted, found 0 to 23"),
        ({"labels": np.array([0, 1, 2, 0])}, "labels: values from 0 to 1 wanted, found 0 to 2"),
        ({"labels": np.array([0, 1, -1, 0])}, "labels: values from 0 to 1 wanted, found -1 to 1"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Dataset 'shades': .*{message}"):
        dataset(**changes)


def test_scaled_uses_the_data_sets_own_maximum() -> None:
    images = dataset().scaled()
    assert images.dtype == np.float32
    assert images.shape == (4, 1, 2, 3)
    assert (images.min(), images.max()) == (0, 1)
    assert dataset().scaled(range=(-1, 1)).min() == -1


@pytest.mark.parametrize("maximum", [16, 255])
def test_scaling_to_the_unit_interval_is_division_by_the_maximum(maximum: int) -> None:
    values = np.arange(maximum + 1, dtype=np.uint8)
    expected = values.astype(np.float32) / np.float32(maximum)
    np.testing.assert_array_equal(scale_images(values, maximum=maximum), expected)


@given(
    st.integers(1, 255),
    st.floats(-100, 100, width=32),
    st.floats(-100, 100, width=32),
)
def test_scaling_meets_both_ends_and_keeps_the_order(maximum: int, a: float, b: float) -> None:
    low, high = sorted((a, b))
    if low == high:
        high = low + 1
    values = np.arange(maximum + 1, dtype=np.uint8)
    scaled = scale_images(values, maximum=maximum, range=(low, high))
    assert (scaled[0], scaled[-1]) == (np.float32(low), np.float32(high))
    assert (np.diff(scaled) >= 0).all()


@pytest.mark.parametrize("range", [(0, 0), (1, 0), (0, float("nan"))])
def test_an_empty_range_is_refused(range: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low < high wanted"):
        scale_images(np.zeros(3, np.uint8), range=range)


def test_images_are_not_scaled_twice() -> None:
    once: npt.NDArray[Any] = scale_images(np.zeros(3, np.uint8))
    with pytest.raises(TypeError, match="got float32; are they scaled already"):
        scale_images(once)


def test_a_pixel_above_the_maximum_is_refused() -> None:
    with pytest.raises(ValueError, match="values from 0 to 16 wanted, found 3 to 17"):
        scale_images(np.array([3, 17], np.uint8), maximum=16)


def test_no_images_scale_to_no_images() -> None:
    assert scale_images(np.zeros((0, 1, 2, 2), np.uint8)).shape == (0, 1, 2, 2)


def test_images_need_no_labels() -> None:
    images = Images("grey", "test", np.zeros((3, 1, 2, 2), np.uint8))
    assert images.labels is None
    assert images.classes == images.files == ()
    assert images.kind == "image"
    assert images.scaled().dtype == np.float32
    assert repr(images).endswith("values 0 to 255, no classes)")
