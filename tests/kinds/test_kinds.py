from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import data, kinds, models, viz
from minigen.kinds import KindError, Setting

from .. import symbols


def test_every_data_set_is_of_a_kind_that_some_model_takes() -> None:
    taken = {kind for model in models.MODELS.values() for kind in model.kinds}
    for name in ("digits", "ring", "grid", "two_moons"):
        assert data.load(name, "test").kind in taken
    for name in taken:
        assert kinds.find(name).name == name


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(KindError, match="no kind of data is called 'smell'; there are image"):
        kinds.find("smell")


def test_a_model_that_takes_several_kinds_makes_the_one_that_its_shape_is_of() -> None:
    assert kinds.kind_of(models.GAN((1, 4, 4), (4,), 2)).name == "image"
    assert kinds.kind_of(models.GAN((2,), (4,), 2)).name == "point"
    assert kinds.kind_of(symbols.SymbolVAE(4, 8)).name == "sequence"


@pytest.mark.parametrize(
    ("dataset", "decided"), [("digits", [1, 8, 8]), ("ring", [2]), ("two_moons", [2])]
)
def test_the_data_decide_the_shape(dataset: str, decided: list[int]) -> None:
    loaded = data.load(dataset, "test")
    kind = kinds.find(loaded.kind)
    examples = kind.examples(loaded)
    assert kind.decided(examples) == {"image_shape": decided}
    assert kind.axes == len(decided)
    assert len(examples) == len(loaded)
    assert examples.dtype == np.float32


def test_what_is_not_shown_in_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(KindError, match="makes points of the plane, which no row of images shows"):
        kinds.find("point").draw_rows(tmp_path / "rows.png", minigen.rand(2, 3, 2))


def test_reconstructions_of_points_are_drawn_over_the_originals(tmp_path: Path) -> None:
    points, file = minigen.rand(5, 2), tmp_path / "points.png"
    kinds.find("point").draw_reconstructions(file, points.array, points, None, "a title")
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_surface_is_shown_of_models_that_discriminate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(viz, "save_points", lambda *_, **words: seen.append(words))
    real = minigen.rand(5, 2).array
    for model in (None, models.GAN((2,), (4,), 2)):
        setting = Setting(real=lambda: real, model=model)
        kinds.find("point").draw_samples(tmp_path / "p.png", minigen.rand(3, 2), setting)
    alone, beside = seen
    assert "surface" not in alone
    assert beside["surface_title"] == "the discriminator's score"


def test_a_kind_without_measures_says_so() -> None:
    class Plain(symbols.SequenceKind):
        judge = kinds.Kind.judge

    told: list[str] = []
    made = np.zeros((3, 4, 8), np.float32)
    report = Plain().judge(None, made, made, minigen.Generator(0), told.append)
    assert report == {"count": 3}
    assert told == ["there is no measure for sequences, by which samples could be compared"]
