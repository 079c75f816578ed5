from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import kinds, viz
from minigen.data import TwoStyles


def test_each_style_stands_above_what_became_of_it_and_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(viz, "save_image_rows", lambda _, rows, title: seen.append(rows))
    kind = kinds.find("styles")
    both = TwoStyles(
        "p", "test", np.full((5, 3, 4, 8), 255, np.uint8), inputs=np.zeros((5, 3, 4, 8), np.uint8)
    )
    examples = kind.examples(both)
    assert kind.decided(examples) == {"image_shape": [3, 4, 8]}
    halves = [np.full((5, 3, 4, 8), shade, np.float32) for shade in (0.2, 0.4, 0.6, 0.8)]
    made = minigen.tensor(np.concatenate(halves[2:], axis=1))
    corrupted = np.concatenate(halves[:2], axis=1)
    kind.draw_reconstructions(tmp_path / "r.png", examples, made, corrupted, "a title")
    (rows,) = seen
    shades = [float(images.numpy().mean() if i % 3 == 2 else images.mean())
              for i, images in enumerate(rows.values())]  # fmt: skip
    assert list(rows) == ["a", "a to b", "and back", "b", "b to a", "and back "]
    assert shades == pytest.approx([0, 0.2, 0.6, 1, 0.4, 0.8])
