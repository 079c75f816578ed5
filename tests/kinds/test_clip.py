from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import kinds, viz
from minigen.kinds import Setting

from ..clips import points

KIND = kinds.find("clip")


def test_clips_are_scaled_and_decide_the_shape_of_a_frame() -> None:
    examples = KIND.examples(points("test"))
    assert examples.shape == (8, 6, 1, 8, 8)
    assert examples.dtype == np.float32
    assert set(np.unique(examples)) == {0, 1}
    assert KIND.decided(examples) == {"image_shape": [1, 8, 8]}


@pytest.mark.parametrize(("length", "shown"), [(6, [*range(6)]), (39, [*range(0, 39, 2)])])
def test_a_clip_is_a_row_of_at_most_twenty_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, shown: list[int]
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(
        viz, "save_image_grid", lambda _, images, columns: seen.append((images, columns))
    )
    clips = minigen.arange(2 * length).reshape(2, length, 1, 1, 1)
    KIND.draw_samples(tmp_path / "c.png", clips, Setting(real=lambda: clips))
    ((images, columns),) = seen
    assert columns == len(shown)
    assert images[columns:].ravel().tolist() == [length + frame for frame in shown]


def test_predictions_stand_below_what_followed_after_the_frames_that_were_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(viz, "save_image_rows", lambda _, rows, **how: seen.append((rows, how)))
    truth = np.arange(12, dtype=np.float32).reshape(2, 6, 1, 1, 1)
    made = minigen.tensor(truth[:, :5] + 100)
    KIND.draw_reconstructions(tmp_path / "r.png", truth, made, truth[:, :2], "a title")
    ((rows, how),) = seen
    assert rows["truth"].ravel().tolist() == [*range(12)]
    assert rows["prediction"].ravel().tolist() == [0, 1, *range(100, 104), 6, 7, *range(106, 110)]
    assert how == {"columns": 6, "title": "a title, 2 frames seen"}


def test_clips_are_handed_on_as_bytes_with_channels_last() -> None:
    arrays = KIND.arrays(KIND.examples(points("test")))
    assert {name: (a.shape, a.dtype.name) for name, a in arrays.items()} == {
        "clips": ((8, 6, 8, 8, 1), "uint8")
    }
