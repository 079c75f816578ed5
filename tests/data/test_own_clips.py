"""Clips of one's own: animations, and folders of frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigen import data
from minigen.data import AmbiguousDataError, Clips, DataFileError, MissingDataError
from minigen.data.sources import find_clips


def draw(brightness: int, size: tuple[int, int] = (6, 4), mode: str = "L") -> Image.Image:
    return Image.new(mode, size, brightness if mode == "L" else (brightness, 0, 0))


def animate(path: Path, greys: Sequence[int], mode: str = "L") -> Path:
    """Write a GIF of frames of one brightness each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = (draw(grey, mode=mode) for grey in greys)
    first.save(path, save_all=True, append_images=others)
    return path


def number(folder: Path, greys: Sequence[int], name: str = "{}.png") -> Path:
    """Write a picture for each brightness, numbered from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, grey in enumerate(greys, start=1):
        draw(grey).save(folder / name.format(place))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten animations and ten folders of twelve frames, each ten brighter than the last."""
    for clip in range(10):
        greys = [10 * frame + clip for frame in range(12)]
        animate(tmp_path / "clips" / f"a{clip}.gif", greys)
        number(tmp_path / "clips" / f"b{clip}", greys)
    return tmp_path / "clips"


def load(folder: Path, split: str = "train", **options: Any) -> Clips:
    found = data.from_folder(folder, split, progress=False, **{"frames": 11, **options})
    assert isinstance(found, Clips)
    return found


def test_animations_and_folders_of_numbered_frames_are_clips(folder: Path) -> None:
    for _ in ("decoded", "from the cache"):
        train, test = (load(folder, split, test_share=0.3) for split in ("train", "test"))
        names = {*(f"a{clip}.gif" for clip in range(10)), *(f"b{clip}" for clip in range(10))}
        assert {*train.files, *test.files} == names
        for part in (train, test):
            assert part.images.shape == (len(part), 11, 1, 4, 6)
            for file, clip in zip(part.files, part.images, strict=True):
                assert (np.ptp(clip, axis=(1, 2, 3)) == 0).all()
                darkest = int(file[1])
                assert clip[:, 0, 0, 0].tolist() == [*range(darkest, darkest + 110, 10)]


def test_a_publishers_parts_stay_and_colours_are_kept(tmp_path: Path) -> None:
    animate(tmp_path / "train" / "x.gif", [10, 20], "RGB")
    number(tmp_path / "train" / "y", [30, 40])
    animate(tmp_path / "test" / "z.gif", [50, 60], "RGB")
    train, test = (load(tmp_path, split, frames=2) for split in ("train", "test"))
    assert sorted(train.files) == ["train/x.gif", "train/y"]
    assert test.images.shape == (1, 2, 3, 4, 6)
    assert test.images[0, :, :, 0, 0].tolist() == [[50, 0, 0], [60, 0, 0]]


def test_clips_get_the_size_that_is_asked_for(folder: Path) -> None:
    assert load(folder, size=(3, 5)).images.shape[1:] == (11, 1, 3, 5)


def test_clips_that_can_not_be_are_named_and_can_be_left_out(folder: Path) -> None:
    draw(3, size=(7, 4)).save(folder / "b3" / "5.png")
    animate(folder / "b4" / "2.gif", [1, 2])
    animate(folder / "short.gif", [1, 2, 3])
    message = (
        "3 of 21 pictures can't be read: b3 changes its size: 4x6 in the first frame, 4x7 in "
        r"number 5 \(height x width\); b4 has 2 frames in 2.gif, which stands for one of several; "
        "short.gif has 3 frames: at least 11 are expected"
    )
    with pytest.raises(DataFileError, match=message):
        load(folder)
    with pytest.warns(UserWarning, match="short.gif has 3 frames"):
        assert not {"b3", "b4", "short.gif"} & {*load(folder, bad="skip").files}


def test_a_file_is_no_folder_of_clips_and_one_frame_no_clip(folder: Path) -> None:
    with pytest.raises(MissingDataError, match=r"a0.gif is a file: clips are a folder"):
        load(folder / "a0.gif")
    with pytest.raises(ValueError, match="frames: a number from 2 up is expected, got 1"):
        load(folder, frames=1)


def test_the_clips_of_a_path_are_one_or_several(folder: Path, tmp_path: Path) -> None:
    assert [clip.name for clip in find_clips(folder / "a0.gif")] == ["a0"]
    (clip,) = find_clips(folder / "b0")
    assert [file.name for file in clip.frames] == [f"{place}.png" for place in range(1, 13)]
    assert len(find_clips(folder)) == 20
    draw(1).save(folder / "x.png")
    with pytest.raises(AmbiguousDataError, match=r"1 picture \(x.png\) beside clips \(a0, a1, a2"):
        find_clips(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError, match="holds neither GIFs nor pictures"):
        find_clips(tmp_path / "empty")
