from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from minigen.data.drawn import Kept, between, kept_pictures, rotation, uniform, variations
from minigen.data.publication import PublishedFile

PICTURES = np.arange(2 * 1 * 3 * 3, dtype=np.uint8).reshape(2, 1, 3, 3)
FILE = PublishedFile("test.bin", 18, hashlib.sha256(PICTURES.tobytes()).hexdigest())


class Artist:
    """Draws pictures, and counts how often."""

    def __init__(self, pictures: npt.NDArray[np.uint8] = PICTURES) -> None:
        self.pictures, self.times = pictures, 0

    def __call__(self) -> npt.NDArray[np.uint8]:
        self.times += 1
        return self.pictures


def kept(artist: Artist) -> npt.NDArray[np.uint8]:
    return kept_pictures("doodles", FILE, PICTURES.shape, artist)


def test_numbers_are_uniform_and_always_the_same() -> None:
    drawn = uniform((7, 1), 10_000, numbers=2)
    assert drawn.shape == (2, 10_000)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    np.testing.assert_allclose(drawn.mean(axis=1), 0.5, atol=0.01)
    np.testing.assert_allclose(drawn.std(axis=1), math.sqrt(1 / 12), atol=0.01)
    np.testing.assert_array_equal(drawn, uniform((7, 1), 10_000, numbers=2))
    assert (drawn != uniform((7, 0), 10_000, numbers=2)).all()


def test_a_longer_set_begins_like_a_shorter_one() -> None:
    np.testing.assert_array_equal(uniform((7,), 5, 3), uniform((7,), 9, 3)[:, :5])


def test_variations_are_those_of_a_grid_in_an_order_of_their_own() -> None:
    shares, order = variations((3,), (4, 5), numbers=2)
    assert shares.shape == (2, 4, 5)
    np.testing.assert_array_equal(np.sort(order), np.arange(20))
    assert (order != np.arange(20)).any()


def test_shares_are_mapped_onto_a_range() -> None:
    np.testing.assert_array_equal(between(2, 6, np.array([0.0, 0.25, 1.0])), [[2], [3], [6]])


def test_rotations_are_those_of_twice_the_angle() -> None:
    angles = np.linspace(-3, 3, 7)
    cosine, sine = rotation(np.tan(angles / 2))
    np.testing.assert_allclose([cosine, sine], [np.cos(angles), np.sin(angles)], atol=1e-15)


def test_pictures_are_drawn_once_and_then_read(tmp_path: Path) -> None:
    artist = Artist()
    for _ in range(3):
        np.testing.assert_array_equal(kept(artist), PICTURES)
    assert artist.times == 1
    assert [path.name for path in (tmp_path / "cache/doodles").iterdir()] == ["test.bin"]


@pytest.mark.parametrize("spoilt", [bytes(18), bytes(17), b""])
def test_a_file_that_was_altered_is_drawn_anew(tmp_path: Path, spoilt: bytes) -> None:
    artist, path = Artist(), tmp_path / "cache/doodles/test.bin"
    kept(artist)
    path.write_bytes(spoilt)
    np.testing.assert_array_equal(kept(artist), PICTURES)
    assert artist.times == 2
    assert path.read_bytes() == PICTURES.tobytes()


def test_where_nothing_can_be_written_pictures_are_drawn_each_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    artist = Artist()
    for _ in range(2):
        np.testing.assert_array_equal(kept(artist), PICTURES)
    assert artist.times == 2


def test_a_file_that_can_not_be_read_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError("not yours")

    artist = Artist()
    kept(artist)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    np.testing.assert_array_equal(kept(artist), PICTURES)
    assert artist.times == 2


def test_other_pictures_than_were_recorded_are_told_and_not_kept(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="doodles: what this machine has drawn has the SHA-256"):
        np.testing.assert_array_equal(kept(Artist(PICTURES + 1)), PICTURES + 1)
    assert not (tmp_path / "cache").exists()


def test_a_set_is_at_hand_before_and_after_it_is_drawn(tmp_path: Path) -> None:
    source = Kept()
    source.name, source.files = "doodles", {"test": FILE}
    before = source.availability()
    kept(Artist())
    after = source.availability()
    assert before.found
    assert after.found
    assert before.folder == after.folder == tmp_path / "cache" / "doodles"
    assert before.note == "drawn by minigen at its first use"
    assert after.note == "drawn by minigen, in the cache"
