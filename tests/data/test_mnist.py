from __future__ import annotations

import gzip
import hashlib
import os
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen.data
from minigen.data import DataFileError
from minigen.data.mnist import (
    FASHION_MNIST,
    MNIST,
    IdxSource,
    decompress,
    parse_idx,
    parse_labelled_images,
)

from .helpers import TYPE_CODES, encode_idx

# Read before the fixtures unset it for each test.
FOLDER = os.environ.get("MINIGEN_DATA")

ARRAYS = st.sampled_from(sorted(TYPE_CODES)).flatmap(
    lambda code: hnp.arrays(code, hnp.array_shapes(max_dims=4, min_side=0, max_side=5))
)
EXAMPLE = encode_idx(np.arange(6, dtype=np.uint8).reshape(2, 3))


@given(ARRAYS)
def test_an_array_comes_back_as_it_was_written(array: npt.NDArray[Any]) -> None:
    parsed = parse_idx(encode_idx(array), "round.idx")
    assert parsed.dtype == array.dtype
    assert parsed.dtype.isnative
    np.testing.assert_array_equal(parsed, array)


@given(ARRAYS, st.data())
def test_a_file_cut_anywhere_is_refused_by_name(
    array: npt.NDArray[Any], data: st.DataObject
) -> None:
    contents = encode_idx(array)
    length = data.draw(st.integers(0, len(contents) - 1))
    with pytest.raises(DataFileError, match=r"^cut\.idx: "):
        parse_idx(contents[:length], "cut.idx")


@given(ARRAYS, st.binary(min_size=1))
def test_trailing_bytes_are_refused(array: npt.NDArray[Any], rest: bytes) -> None:
    with pytest.raises(DataFileError, match=r"makes a file of [\d,]+ bytes"):
        parse_idx(encode_idx(array) + rest, "long.idx")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"", "4 bytes or more, got 0"),
        (b"\x1f\x8b\x08\x00", "starts with two zero bytes, got 1f 8b 08 00"),
        (b"\x00\x01\x08\x02", "starts with two zero bytes"),
        (b"\x00\x00\x0a\x02", "element type 0x0a is none of IDX's"),
        (b"\x00\x00\x08\x00", r"shape \(\) makes a file of 5 bytes, got 18"),
        (b"\x00\x00\x08\x41", "header of 65 dimensions has 264 bytes, got 18"),
    ],
)
def test_a_wrong_header_is_refused_with_its_reason(header: bytes, message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        parse_idx(header + EXAMPLE[4:] if header else header, "header.idx")


def test_a_header_may_promise_more_than_any_machine_holds() -> None:
    with pytest.raises(DataFileError, match="got 36"):
        parse_idx(bytes([0, 0, 0x0E, 8]) + b"\xff" * 32, "huge.idx")


@given(st.integers(1, 200))
def test_a_gzip_file_cut_anywhere_is_refused_by_name(missing: int) -> None:
    whole = gzip.compress(np.random.default_rng(0).bytes(200))
    with pytest.raises(DataFileError, match=r"cut\.gz is not a whole gzip file"):
        decompress(whole[:-missing], "cut.gz")


def test_what_is_not_gzip_is_refused() -> None:
    with pytest.raises(DataFileError, match="not a whole gzip file"):
        decompress(b"<html>404</html>", "page.gz")


def test_damage_inside_a_gzip_file_is_refused() -> None:
    whole = bytearray(gzip.compress(EXAMPLE))
    whole[10] ^= 0xFF
    with pytest.raises(DataFileError, match="not a whole gzip file"):
        decompress(bytes(whole), "damaged.gz")


def compressed(array: npt.NDArray[Any]) -> bytes:
    return gzip.compress(encode_idx(array))


def test_images_and_labels_are_read_together() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    images, labels = parse_labelled_images(
        ("images", compressed(pixels)), ("labels", compressed(np.array([7, 3], np.uint8)))
    )
    np.testing.assert_array_equal(images, pixels[:, np.newaxis])
    assert labels.tolist() == [7, 3]
    assert labels.dtype == np.int64


def test_images_and_labels_must_be_equally_many() -> None:
    with pytest.raises(DataFileError, match="images holds 2 images, but labels 3 labels"):
        parse_labelled_images(
            ("images", compressed(np.zeros((2, 3, 4), np.uint8))),
            ("labels", compressed(np.zeros(3, np.uint8))),
        )


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros(2, np.uint8), np.zeros(2, np.uint8), "images: .* 3 dimensions .* shape \\(2,\\)"),
        (np.zeros((2, 3, 4), np.int16), np.zeros(2, np.uint8), "images: .* got int16"),
        (np.zeros((2, 3, 4), np.uint8), np.zeros((2, 1), np.uint8), "labels: .* 1 dimensions"),
        (np.zeros((2, 3, 4), np.uint8), np.zeros(2, np.int32), "labels: .* got int32"),
    ],
)
def test_files_of_another_kind_are_refused(
    images: npt.NDArray[Any], labels: npt.NDArray[Any], message: str
) -> None:
    with pytest.raises(DataFileError, match=message):
        parse_labelled_images(("images", compressed(images)), ("labels", compressed(labels)))


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST])
def test_four_files_of_distinct_contents_are_published(source: IdxSource) -> None:
    files = source.publication.files
    assert {file.name for file in files} == {
        f"{prefix}-{kind}-ubyte.gz"
        for prefix in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    }
    assert len({file.sha256 for file in files}) == 4
    assert {len(file.sha256) for file in files} == {hashlib.sha256().digest_size * 2}
    assert len(source.classes) == 10


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST])
def test_every_mirror_is_an_address_that_a_files_name_completes(source: IdxSource) -> None:
    mirrors = source.publication.mirrors
    assert len(set(mirrors)) >= 2
    for mirror in mirrors:
        assert mirror.startswith(("https://", "http://"))
        assert mirror.endswith("/")


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize(("split", "count"), [("train", 60_000), ("test", 10_000)])
def test_the_real_files_hold_the_published_numbers_of_images(
    name: Literal["mnist", "fashion_mnist"], split: str, count: int
) -> None:
    loaded = minigen.data.load(name, split, root=FOLDER)
    assert loaded.images.shape == (count, 1, 28, 28)
    assert loaded.labels.shape == (count,)
    assert (loaded.images.min(), loaded.images.max()) == (0, 255)
    assert np.unique(loaded.labels).tolist() == list(range(10))


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
def test_the_first_training_images_of_mnist_are_the_known_ones() -> None:
    loaded = minigen.data.load("mnist", root=FOLDER)
    assert loaded.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # The mean grey value by which MNIST is usually standardised.
    assert loaded.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
