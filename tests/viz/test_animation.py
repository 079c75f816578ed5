from __future__ import annotations

import itertools
from pathlib import Path

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
