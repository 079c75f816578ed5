from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pytest

import minigen.data
from minigen.data import moving
from minigen.data.drawn import uniform
from minigen.data.moving import CLIPS, FRAMES, NUMBERS, draw

SQUARE_IN_THE_MIDDLE = (0.3, 0.2, 0.5, 0.5, 0.5)
"""Numbers of a square that is upright and 10 pixels wide, all but its speed."""


def digest(clips: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(clips.tobytes()).hexdigest()


def centre(frame: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """Return the place, across and down, of a frame's centre of mass."""
    weights = frame[0].astype(np.float64)
    along = np.arange(32) + 0.5
    total = weights.sum()
    return float((weights.sum(axis=0) @ along) / total), float(weights.sum(axis=1) @ along / total)


def test_everybody_draws_the_same_first_test_clips() -> None:
    first = draw(uniform((CLIPS.seed, 1), CLIPS.clips["test"], 2 * NUMBERS)[:, :40])
    assert digest(first) == "56daeaf87f5a896485043a4b67a26205e32acdbf2cb9f6a22d5433e69fe47cd1"


@pytest.mark.slow
def test_everybody_draws_the_same_clips_and_no_frame_is_in_both_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moving, "kept_pictures", lambda _folder, _file, _shape, draw: draw())
    train, test = (minigen.data.load("clips", split) for split in ("train", "test"))
    assert digest(train.images) == CLIPS.files["train"].sha256
    assert digest(test.images) == CLIPS.files["test"].sha256
    seen = {frame.tobytes() for clip in train.images for frame in clip}
    assert not seen & {frame.tobytes() for clip in test.images for frame in clip}


def test_the_extent_is_what_is_said() -> None:
    said = minigen.data.EXTENTS["clips"]
    assert {"train": said.train, "test": said.test} == CLIPS.clips
    for split, count in CLIPS.clips.items():
        assert CLIPS.files[split].size == count * np.prod(said.shape)
    assert said.shape[0] == FRAMES


def test_a_sprite_moves_evenly_until_it_touches_an_edge_and_then_back() -> None:
    to_the_right, slowly_up = 1.0 - 1e-9, 0.5 - 1e-9  # 2.5 pixels a frame, and 0.5
    numbers = np.array([[*SQUARE_IN_THE_MIDDLE, to_the_right, slowly_up]]).T
    (clip,) = draw(numbers, frames=10)
    places = np.array([centre(frame) for frame in clip])
    without_a_wall = 16 + 2.5 * np.arange(10)
    across = np.minimum(without_a_wall, 2 * (32 - 5) - without_a_wall)
    np.testing.assert_allclose(places[:, 0], across, atol=0.02)
    np.testing.assert_allclose(places[:, 1], 16 - 0.5 * np.arange(10), atol=0.02)


def test_where_sprites_overlap_the_larger_part_of_a_pixel_counts() -> None:
    first = (*SQUARE_IN_THE_MIDDLE, 0.9, 0.1)
    second = (0.9, 0.7, 0.1, 0.4, 0.6, 0.3, 0.8)
    both = draw(np.array([[*first, *second]]).T)
    alone = [draw(np.array([sprite]).T) for sprite in (first, second)]
    np.testing.assert_array_equal(both, np.maximum(*alone))
    assert both.max() == 255
