from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

import minigen
from minigen import viz
from minigen.viz import points


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, instead of files."""
    kept: list[Figure] = []
    monkeypatch.setattr(points, "save_figure", lambda figure, _path, **_: kept.append(figure))
    return kept


REAL = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], np.float32)


def test_real_and_generated_points_are_where_they_are(drawn: list[Figure]) -> None:
    samples = minigen.tensor([[0.5, 0.25], [9.0, 0.0], [0.0, -9.0]])
    viz.save_points("", samples, REAL, title="points")
    (axes,) = drawn[0].axes
    real, generated = axes.collections
    assert np.array_equal(np.asarray(real.get_offsets()), REAL)
    assert np.array_equal(np.asarray(generated.get_offsets()), samples.numpy())
    assert axes.get_xlim() == axes.get_ylim() == (-1.5, 1.5)
    assert axes.get_xlabel() == "2 of 3 generated points lie outside"
    assert axes.get_title() == "points"


def test_the_surface_is_evaluated_where_it_is_shown(drawn: list[Figure]) -> None:
    seen: list[Any] = []

    def surface(grid: Any) -> Any:
        seen.append(grid)
        return grid[:, 0]

    viz.save_points("", REAL, REAL, surface=surface, surface_title="height")
    (grid,) = seen
    assert grid.dtype == np.float32
    assert grid.min(0).tolist() == [-1.5, -1.5]
    assert grid.max(0).tolist() == [1.5, 1.5]
    axes, scale = drawn[0].axes
    assert scale.get_ylabel() == "height"
    assert axes.get_xlabel() == ""


def test_a_flat_surface_and_a_single_point_are_shown_too(tmp_path: Path) -> None:
    out = tmp_path / "p.png"
    viz.save_points(out, REAL[:1], REAL[:1], surface=lambda grid: np.zeros(len(grid)))
    assert imread(out).ndim == 3


def test_pictures_have_one_size_whatever_they_show(tmp_path: Path) -> None:
    """An animation needs it."""
    shapes = set()
    for number, surface in enumerate((lambda g: g[:, 0], lambda g: 1e4 * g[:, 1])):
        viz.save_points(tmp_path / f"{number}.png", REAL * number, REAL, surface=surface)
        shapes.add(imread(tmp_path / f"{number}.png").shape)
    assert len(shapes) == 1


def test_points_of_other_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"samples of shape \(N, 2\) are expected, got \(4, 3\)"):
        viz.save_points("", np.zeros((4, 3)), REAL)
    with pytest.raises(ValueError, match=r"real of shape \(N, 2\) are expected, got \(4,\)"):
        viz.save_points("", REAL, np.zeros(4))
    with pytest.raises(ValueError, match="at least one real point"):
        viz.save_points("", REAL, REAL[:0])
