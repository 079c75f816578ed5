from __future__ import annotations

import numpy as np
import pytest

from minigen.data import Clips


def test_clips_know_their_frames_and_are_read_only() -> None:
    clips = Clips("c", "train", np.zeros((3, 5, 3, 4, 6), np.uint8))
    assert (len(clips), clips.kind, clips.frames, clips.image_shape) == (3, "clip", 5, (3, 4, 6))
    assert clips.scaled().shape == (3, 5, 3, 4, 6)
    with pytest.raises(ValueError, match="read-only"):
        clips.images[0] = 2


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 1, 4, 4), r"shape \(N, T, C, H, W\) wanted, got \(3, 1, 4, 4\)"),
        ((3, 1, 1, 4, 4), "at least two frames wanted, got 1"),
    ],
)
def test_what_is_no_clip_is_refused(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Clips("c", "train", np.zeros(shape, np.uint8))
