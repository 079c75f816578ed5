from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import kinds, viz
from minigen.data import Pairs
from minigen.kinds import Setting

KIND = kinds.find("pair")
PAIRS = Pairs(
    "p",
    "test",
    np.full((5, 3, 4, 8), 255, np.uint8),
    inputs=np.full((5, 3, 4, 8), 51, np.uint8),
)


def test_an_input_stands_before_its_target_along_the_channels() -> None:
    examples = KIND.examples(PAIRS)
    assert examples.dtype == np.float32
    assert examples[:, :3] == pytest.approx(0.2)
    assert (examples[:, 3:] == 1).all()
    assert KIND.decided(examples) == {"image_shape": [3, 4, 8]}


def test_pairs_are_shown_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(
        viz, "save_image_grid", lambda _, images, columns: seen.append((images, columns))
    )
    examples = minigen.tensor(KIND.examples(PAIRS))
    KIND.draw_samples(tmp_path / "p.png", examples, Setting(real=lambda: examples))
    ((images, columns),) = seen
    assert images.shape == (10, 3, 4, 8)
    assert columns % 2 == 0
    np.testing.assert_array_equal(images.numpy()[3], examples.numpy()[1, 3:])


def test_what_a_model_made_stands_between_input_and_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(viz, "save_image_rows", lambda _, rows, title: seen.append(rows))
    examples = KIND.examples(PAIRS)
    made = minigen.zeros(5, 3, 4, 8)
    KIND.draw_reconstructions(tmp_path / "r.png", examples, made, examples[:, :3], "a title")
    (rows,) = seen
    assert [(role, float(images.mean())) for role, images in rows.items()] == [
        ("input", pytest.approx(0.2)),
        ("output", 0),
        ("target", 1),
    ]
