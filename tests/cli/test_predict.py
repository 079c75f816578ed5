from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from .helpers import call, error


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prediction") / "run"
    call("train", "frame-prediction", "--dataset", "tests.clips:points", "--channels", 8,
         "--context", 2, "--epochs", 1, "--out", folder)  # fmt: skip
    return folder


def clip(path: Path, frames: int = 5, mode: str = "L") -> Path:
    """Write a GIF of 10 x 7 pixels, each frame brighter."""
    colours = [40 * number if mode == "L" else (40 * number, 9, 9) for number in range(frames)]
    first, *others = (Image.new(mode, (10, 7), colour) for colour in colours)
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=others)
    return path


def read(path: Path) -> np.ndarray:
    """Return the frames of a GIF, a pixel for each of its squares, (T, H, W, 3)."""
    with Image.open(path) as animation:
        frames = [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(animation)]
    return np.stack(frames)


def test_a_clip_of_any_size_goes_on_after_its_last_frames(run: Path, tmp_path: Path) -> None:
    given = clip(tmp_path / "walk.gif")
    result = call("predict", run, given, "--frames", 3, "--out", tmp_path / "new")
    assert result.output.strip() == str(tmp_path / "new" / "walk.gif")
    made = read(tmp_path / "new" / "walk.gif")
    assert made.shape == (2 + 3, 7 * 26, 10 * 26, 3)
    np.testing.assert_array_equal(made[:2, 0, 0, 0], [120, 160])


def test_what_followed_is_shown_beside_what_was_predicted(run: Path, tmp_path: Path) -> None:
    call("predict", run, clip(tmp_path / "walk.gif"), "--frames", 3, "--beside")
    made = read(run / "predicted" / "walk.gif")
    scale = made.shape[1] // 7
    assert made.shape[2] == (10 + 2 + 10) * scale
    np.testing.assert_array_equal(made[:, 0, 0, 0], [0, 40, 80, 120, 160])
    np.testing.assert_array_equal(made[:2, 0, -1, 0], [0, 40])
    np.testing.assert_array_equal(made[:, 0, 10 * scale, 0] == 255, [False] * 2 + [True] * 3)


def test_folders_of_clips_and_of_frames_are_taken_whole_and_colours_stay(
    run: Path, tmp_path: Path
) -> None:
    clip(tmp_path / "all" / "a.gif", mode="RGB")
    for number in (10, 9, 8):
        (tmp_path / "all" / "b").mkdir(exist_ok=True)
        Image.new("L", (10, 7), number).save(tmp_path / "all" / "b" / f"{number}.png")
    lines = call("predict", run, tmp_path / "all", "--frames", 1).output.split()
    assert lines == [str(run / "predicted" / name) for name in ("a.gif", "b.gif")]
    coloured, grey = (read(Path(line)) for line in lines)
    assert (coloured[0, ..., 0] > coloured[0, ..., 1]).all()
    assert grey[:2, 0, 0, 0].tolist() == [9, 10]


def test_without_a_clip_test_clips_are_predicted(run: Path, tmp_path: Path) -> None:
    lines = call("predict", run, "--count", 2, "--frames", 4, "--out", tmp_path).output.split()
    assert [Path(line).name for line in lines] == ["test-000.gif", "test-001.gif"]
    assert len(read(Path(lines[0]))) == 6


def test_what_can_not_be_predicted_is_said_before_anything_is_written(
    run: Path, vae: Path, tmp_path: Path
) -> None:
    given, out = clip(tmp_path / "walk.gif"), tmp_path / "new"
    message = error("predict", vae, given, "--out", out, status=1)
    assert "predicts no frames: train frame-prediction" in message
    message = error("predict", run, given, "--beside", "--out", out, status=2)
    assert "walk has 5 frames: at least 12 are expected, 2 to be seen and 10 to be" in message
    message = error("predict", run, clip(tmp_path / "one.gif", 1), "--out", out, status=1)
    assert "the clip one has 1 frame: at least 2 are expected" in message
    message = error("predict", run, given, given, "--out", out, status=2)
    assert "would both become walk.gif" in message
    assert "--count: it is for test clips" in error("predict", run, given, "--count", 1, status=2)
    message = error("predict", run, "--out", out, status=2)
    assert "test-000 has 6 frames" in message
    assert not out.exists()


def test_other_data_and_runs_are_refused(run: Path, tmp_path: Path) -> None:
    assert "makes nothing of noise" in error("sample", run, status=1)
    message = error("train", "frame-prediction", status=2)
    assert "frame-prediction takes clips; digits holds images, which autoencoder" in message
    assert message.endswith(" take")
    message = error("train", "frame-prediction", "--dataset", "tests.clips:points", "--context", 6,
                    "--out", tmp_path / "no", status=2)  # fmt: skip
    assert "clips (N, T, C, H, W) of at least 7 frames are expected" in message
    assert not (tmp_path / "no").exists()


def test_predictions_are_evaluated_and_drawn(run: Path, tmp_path: Path) -> None:
    shown = " ".join(call("evaluate", run).output.split())
    assert all(word in shown for word in ("the model", "the last frame", "best linear filter"))
    assert "by frames ahead of the 2 seen" in shown
    call("reconstruct", run, "--out", tmp_path / "x.png")
    assert (tmp_path / "x.png").exists()
    assert (run / "samples" / "reconstructions.png").exists()


def test_clips_of_ones_own_are_described_and_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")
    for number in range(20):
        clip(tmp_path / "mine" / f"{number}.gif")
    message = error("train", "frame-prediction", "--dataset", tmp_path / "mine", status=2)
    assert message.endswith("; --frames N reads animations and folders of frames as clips")
    sheet = tmp_path / "sheet.png"
    shown = " ".join(call("data", tmp_path / "mine", "--frames", 4, "--show", sheet).stdout.split())
    assert "clips 20 in" in shown
    assert "read as clips of 4 frames of 1x7x10 grey (as they are)" in shown
    assert sheet.exists()
    call("train", "frame-prediction", "--dataset", tmp_path / "mine", "--frames", 4, "--channels",
         8, "--context", 2, "--epochs", 1, "--out", tmp_path / "run")  # fmt: skip
    call("predict", tmp_path / "run", "--frames", 2, "--count", 1)
    assert (tmp_path / "run" / "predicted" / "test-000.gif").exists()
