from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from minigen import viz


def pictures(folder: Path, count: int, size: tuple[int, int] = (6, 4)) -> list[Path]:
    """Draw pictures of one grey each, from dark to bright."""
    names = [folder / f"{number:03}.png" for number in range(count)]
    for number, name in enumerate(names):
        Image.new("L", size, number * 2).save(name)
    return names


def frames(path: Path) -> list[tuple[int, int]]:
    """Return the grey and the duration, in milliseconds, of each frame."""
    with Image.open(path) as animation:
        return [
            (int(frame.convert("L").getpixel((0, 0))), frame.info["duration"])  # type: ignore[arg-type]
            for frame in ImageSequence.Iterator(animation)
        ]


def test_pictures_follow_one_another_and_the_last_one_stays(tmp_path: Path) -> None:
    out = tmp_path / "a.gif"
    viz.save_animation(out, pictures(tmp_path, 4))
    assert frames(out) == [(0, 500), (2, 500), (4, 500), (6, 2000)]
    with Image.open(out) as animation:
        assert animation.size == (6, 4)
        assert animation.info["loop"] == 0


def test_of_many_pictures_evenly_spaced_ones_are_shown_and_both_ends(tmp_path: Path) -> None:
    out = tmp_path / "a.gif"
    viz.save_animation(out, pictures(tmp_path, 120), seconds=5.0)
    greys, durations = zip(*frames(out), strict=True)
    assert (len(greys), greys[0], greys[-1]) == (100, 0, 238)
    steps = {after - before for before, after in itertools.pairwise(greys)}
    assert steps == {2, 4}
    assert set(durations[:-1]) == {50}


def test_one_picture_is_enough(tmp_path: Path) -> None:
    viz.save_animation(tmp_path / "a.gif", pictures(tmp_path, 1))
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.size == (6, 4)


def test_no_picture_no_time_and_other_sizes_are_refused(tmp_path: Path) -> None:
    out, names = tmp_path / "a.gif", pictures(tmp_path, 2)
    with pytest.raises(ValueError, match="at least one picture"):
        viz.save_animation(out, [])
    with pytest.raises(ValueError, match="positive seconds"):
        viz.save_animation(out, names, seconds=0)
    Image.new("L", (5, 4)).save(names[1])
    with pytest.raises(ValueError, match=r"one size are expected, got \[\(5, 4\), \(6, 4\)\]"):
        viz.save_animation(out, names)
    assert not out.exists()


def test_a_clip_is_shown_pixel_by_pixel_in_squares(tmp_path: Path) -> None:
    clip = np.zeros((3, 1, 4, 6), np.float32)
    clip[1, 0, 2, 5] = 1
    viz.save_clip(tmp_path / "c.gif", clip, seconds=0.2, scale=5)
    with Image.open(tmp_path / "c.gif") as animation:
        shown = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(animation)]
    assert [duration for _, duration in frames(tmp_path / "c.gif")] == [200] * 3
    np.testing.assert_array_equal(shown[1][::5, ::5] / 255, clip[1, 0])
    assert shown[1].sum() == 25 * 255
    assert not shown[0].any()


def test_a_clip_is_enlarged_to_about_256_pixels_and_keeps_its_colours(tmp_path: Path) -> None:
    clip = np.zeros((2, 3, 16, 8), np.float32)
    clip[:, 0] = 1
    viz.save_clip(tmp_path / "c.gif", clip)
    with Image.open(tmp_path / "c.gif") as animation:
        assert animation.size == (128, 256)
        assert animation.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \(N, 1, H, W\) or \(N, 3, H, W\) are expected"):
        viz.save_clip(tmp_path / "c.gif", np.zeros((2, 4, 6)))
    with pytest.raises(ValueError, match="positive seconds are expected, got 0"):
        viz.save_clip(tmp_path / "c.gif", np.zeros((2, 1, 4, 6)), seconds=0)
