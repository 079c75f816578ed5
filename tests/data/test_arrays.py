from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from minigen import data
from minigen.data import AmbiguousDataError, DataFileError, Images, from_arrays
from minigen.data.arrays import channels_last, in_bytes, number_classes


def noise(*shape: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def both(images: Any, labels: Any = None, **options: Any) -> tuple[Images, Images]:
    train = from_arrays(images, labels, **options)
    return train, from_arrays(images, labels, "test", **options)


def pixels(*parts: Images) -> set[bytes]:
    return {image.tobytes() for part in parts for image in part.images}


# ----------------------------------------------------------------------------------- axes


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((9, 5, 6), (9, 5, 6, 1)),
        ((9, 4, 4), (9, 4, 4, 1)),
        ((9, 3, 5, 6), (9, 5, 6, 3)),
        ((9, 5, 6, 3), (9, 5, 6, 3)),
        ((9, 1, 28, 28), (9, 28, 28, 1)),
        ((9, 28, 28, 4), (9, 28, 28, 4)),
    ],
)
def test_the_axes_are_told_by_the_shape(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert channels_last(noise(*shape)).shape == expected


def test_channels_first_and_last_are_the_same_pictures() -> None:
    images = noise(9, 5, 6, 3)
    np.testing.assert_array_equal(channels_last(np.moveaxis(images, -1, 1)), images)


@pytest.mark.parametrize("shape", [(9, 3, 32, 3), (9, 1, 28, 1), (9, 4, 4, 4)])
def test_a_shape_that_fits_two_layouts_is_asked_for(shape: tuple[int, ...]) -> None:
    with pytest.raises(AmbiguousDataError, match=r"\(N, C, H, W\) or .*layout='NCHW' \(--layout"):
        channels_last(noise(*shape))
    assert channels_last(noise(*shape), "NHWC").shape == shape
    assert channels_last(noise(*shape), "NCHW").shape == (9, *shape[2:], shape[1])


def test_one_colour_picture_is_not_taken_for_many_grey_ones() -> None:
    with pytest.raises(AmbiguousDataError, match=r"may be .*one picture"):
        channels_last(noise(28, 28, 3))
    assert channels_last(noise(28, 28, 3), "NHW").shape == (28, 28, 3, 1)


@pytest.mark.parametrize("shape", [(9,), (9, 784), (9, 5, 6, 7), (9, 1, 1, 5, 5)])
def test_a_shape_that_fits_no_layout_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"pictures of shape \(N, H, W\) or .* are expected"):
        channels_last(noise(*shape))


@pytest.mark.parametrize("shape", [(0, 28, 28), (9, 0, 5), (9, 3, 0, 5)])
def test_an_empty_array_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="there are no pictures"):
        channels_last(np.zeros(shape))


def test_a_layout_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(N, C, H, W\) are expected"):
        channels_last(noise(9, 28, 28), "NCHW")
    with pytest.raises(ValueError, match="1 to 4 channels are expected, got 28"):
        channels_last(noise(9, 28, 28, 28), "NCHW")


# --------------------------------------------------------------------------------- values


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_reals_from_0_to_1_become_bytes(dtype: Any) -> None:
    values = np.arange(256) / 255
    np.testing.assert_array_equal(in_bytes(values.astype(dtype)), np.arange(256, dtype=np.uint8))


def test_truth_becomes_black_and_white() -> None:
    assert in_bytes(np.array([True, False])).tolist() == [255, 0]


def test_integers_up_to_255_are_bytes() -> None:
    assert in_bytes(np.array([0, 255], np.int64)).tolist() == [0, 255]


def test_a_rounding_out_of_range_is_taken_for_its_end() -> None:
    assert in_bytes(np.array([-1e-6, 1 + 1e-6])).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([np.nan, 0.5], "1 of 2 pixel values are NaN or infinite"),
        ([np.inf, 0.5], "1 of 2 pixel values are NaN or infinite"),
        ([-1.0, 1.0], r"found -1 to 1: \(x \+ 1\) / 2 brings"),
        ([0.0, 255.0], r"found 0 to 255: .* astype\(np.uint8\)"),
        ([-5.0, 300.0], "found -5 to 300: scale them first"),
        (np.array([0, 65535], np.uint16), "integers from 0 to 255 are expected, found 0 to 65535"),
        (np.array([-1, 3]), "integers from 0 to 255 are expected, found -1 to 3"),
        (["a", "b"], "uint8 or bool, or floating-point numbers .* got <U1"),
        ([1j, 2j], "uint8 or bool, or floating-point numbers .* got complex128"),
        (np.array([None, 3]), "uint8 or bool, or floating-point numbers .* got object"),
    ],
)
def test_values_that_are_no_pixels_are_refused_in_a_sentence(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        in_bytes(np.asarray(values))


# --------------------------------------------------------------------------------- labels


def test_labels_are_numbers_or_names() -> None:
    for labels, expected, classes in (
        (["cat", "dog", "cat"], [0, 1, 0], ("cat", "dog")),
        ([3, 7, 3], [0, 1, 0], ("3", "7")),
        ([10, 9, 10], [1, 0, 1], ("9", "10")),
        ([1.0, 0.0, 1.0], [1, 0, 1], ("0", "1")),
        ([[2], [5], [2]], [0, 1, 0], ("2", "5")),
    ):
        numbers, names = number_classes(np.asarray(labels), 3)
        assert (numbers.tolist(), names) == (expected, classes)


def test_labels_number_the_classes_that_are_named() -> None:
    numbers, names = number_classes(np.array([2, 0, 2]), 3, ("a", "b", "c"))
    assert (numbers.tolist(), names) == ([2, 0, 2], ("a", "b", "c"))


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, 1], None, r"labels of shape \(3,\) are expected, got \(2,\)"),
        (np.eye(3), None, r"labels of shape \(3,\) are expected, got \(3, 3\)"),
        ([0.5, 1, 2], None, "whole numbers or names, got float64"),
        ([np.nan, 1, 2], None, "whole numbers or names, got float64"),
        ([0, 1, 3], ("a", "b", "c"), "labels from 0 to 2 are expected"),
        ([0, 1, -1], ("a", "b", "c"), "labels from 0 to 2 are expected"),
    ],
)
def test_labels_that_are_none_are_refused(labels: Any, classes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        number_classes(np.asarray(labels), 3, classes)


# ---------------------------------------------------------------------------- from_arrays


def test_both_parts_together_are_all_pictures() -> None:
    images, labels = noise(300, 8, 8), np.arange(300) % 7
    train, test = both(images, labels)
    assert pixels(train, test) == {image.tobytes() for image in images}
    assert 15 < len(test) < 50
    for part in (train, test):
        assert part.labels is not None
        where = {image.tobytes(): number for number, image in enumerate(images)}
        expected = [where[image.tobytes()] % 7 for image in part.images]
        assert part.labels.tolist() == expected


def test_without_labels_there_are_none() -> None:
    train, _ = both(noise(50, 8, 8))
    assert train.labels is None
    assert train.classes == ()
    assert "no classes" in repr(train)


def test_a_picture_stays_in_its_part_whatever_is_added_and_in_whatever_order() -> None:
    few, more = noise(100, 8, 8), noise(100, 8, 8, seed=1)
    _, before = both(few)
    _, after = both(np.concatenate([more, few[::-1]]))
    assert pixels(before) < pixels(after)


def test_a_picture_stays_in_its_part_whatever_its_type_and_axes() -> None:
    images = noise(100, 8, 9, 3)
    _, expected = both(images)
    for same in (images / 255.0, np.moveaxis(images, -1, 1), images.astype(np.int64)):
        assert pixels(both(same)[1]) == pixels(expected)


def test_equal_pictures_are_never_in_both_parts() -> None:
    images = np.repeat(noise(40, 8, 8), 5, axis=0)
    train, test = both(images)
    assert len(train) + len(test) == 200
    assert not pixels(train) & pixels(test)


def test_a_larger_share_moves_pictures_into_the_test_part_only() -> None:
    images = noise(200, 8, 8)
    tests = [pixels(both(images, test_share=share)[1]) for share in (0.1, 0.3, 0.6)]
    assert tests[0] < tests[1] < tests[2]


def test_a_part_without_a_picture_is_told_with_a_share_that_mends_it() -> None:
    with pytest.raises(data.EmptyPartError, match=r"of 1 picture none .* two are the least"):
        both(noise(1, 8, 8))
    for split, share in (("test", 0.0), ("train", 1.0)):
        with pytest.raises(data.EmptyPartError, match=f"none falls into the {split}") as told:
            from_arrays(noise(20, 8, 8), split=split, test_share=share)
        advised = re.search(r"\(--test-share\) to ([0-9.]+) or", str(told.value))
        assert advised is not None
        assert len(from_arrays(noise(20, 8, 8), split=split, test_share=float(advised[1]))) >= 1
    assert len(from_arrays(noise(20, 8, 8), test_share=0)) == 20


def test_pictures_are_fitted_and_made_grey_or_coloured() -> None:
    train, _ = both(noise(60, 3, 30, 20), size=(16, 12), channels=1)
    assert train.image_shape == (1, 16, 12)
    train, _ = both(noise(60, 30, 20), channels=3)
    assert train.image_shape == (3, 30, 20)


def test_transparency_shows_the_background() -> None:
    clear = noise(60, 8, 8, 4)
    clear[..., 3] = 0
    train, _ = both(clear[:, :, :, :], background="#0a141e", layout="NHWC", test_share=0.5)
    assert (train.images.reshape(-1, 3, 64) == np.array([[10], [20], [30]])).all()


def test_a_name_of_no_part_is_refused() -> None:
    with pytest.raises(ValueError, match="train or test is expected, got 'validation'"):
        from_arrays(noise(20, 8, 8), split="validation")


# ----------------------------------------------------------------------------------- files


def read(path: Path, split: str = "train", **options: Any) -> Images:
    return data.from_folder(path, split, progress=False, **options)


def test_an_npy_file_holds_pictures_without_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", noise(60, 8, 8))
    assert read(tmp_path / "a.npy").labels is None
    assert pixels(read(tmp_path / "a.npy")) == pixels(from_arrays(noise(60, 8, 8)))


@pytest.mark.parametrize(
    ("images", "labels"), [("images", "labels"), ("x", "y"), ("arr_0", "arr_1"), ("faces", "who")]
)
def test_an_npz_file_holds_pictures_and_labels(tmp_path: Path, images: str, labels: str) -> None:
    arrays: dict[str, Any] = {images: noise(60, 8, 8), labels: np.arange(60) % 3}
    np.savez(tmp_path / "a.npz", **arrays)
    train = read(tmp_path / "a.npz")
    assert train.classes == ("0", "1", "2")
    assert train.image_shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": noise(9, 8, 8), "labels": np.arange(8)}, r"\(9,\) are expected, got \(8,\)"),
        ({"x": noise(9, 8, 8), "y": np.eye(9)}, r"got \(9, 9\); of one-hot rows, labels.argmax"),
        (
            {
                "x_train": noise(9, 8, 8),
                "y_train": np.arange(7),
                "x_test": noise(5, 8, 8),
                "y_test": np.arange(5),
            },
            r"\(9,\) are expected, got \(7,\)",
        ),
    ],
)
def test_labels_of_another_number_are_refused_and_not_passed_over(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataFileError, match=message):
        read(tmp_path / "a.npz")


def test_an_npz_file_may_say_which_part_is_which(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        "x_train": noise(20, 8, 8),
        "y_train": np.arange(20) % 10,
        "x_test": noise(5, 8, 8, seed=1),
        "y_test": np.arange(5),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    train, test = read(tmp_path / "a.npz"), read(tmp_path / "a.npz", "test")
    assert pixels(train) == {image.tobytes() for image in arrays["x_train"]}
    assert pixels(test) == {image.tobytes() for image in arrays["x_test"]}
    assert train.classes == test.classes == tuple("0123456789")


def test_an_npz_file_with_several_sets_of_pictures_is_asked_about(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", left=noise(20, 8, 8), right=noise(20, 8, 8))
    with pytest.raises(AmbiguousDataError, match="left, right may all be pictures: call those"):
        read(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", images=noise(20, 8, 8), masks=noise(20, 8, 8, seed=1))
    assert pixels(read(tmp_path / "a.npz", test_share=0)) == {x.tobytes() for x in noise(20, 8, 8)}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros(5)}, r"are expected, found a \(5,\)"),
        ({}, "found nothing"),
        ({"a": np.full((9, 4, 5), np.nan)}, "180 of 180 pixel values are NaN"),
        ({"a": np.array([None] * 8)}, "or holds Python objects"),
    ],
)
def test_a_file_without_pictures_is_named(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataFileError, match=f"a.npz.*{message}"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("contents", [b"", b"no arrays", b"PK\x03\x04 half a zip"])
def test_a_damaged_file_is_named(tmp_path: Path, contents: bytes) -> None:
    for name in ("a.npz", "a.npy"):
        (tmp_path / name).write_bytes(contents)
        with pytest.raises(DataFileError, match=f"{name} can't be read as arrays"):
            read(tmp_path / name)


def test_an_ambiguous_file_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", noise(40, 3, 8, 3))
    with pytest.raises(AmbiguousDataError, match=r"a.npy: .*--layout NCHW"):
        read(tmp_path / "a.npy")
    assert read(tmp_path / "a.npy", layout="NCHW").image_shape == (3, 8, 3)
