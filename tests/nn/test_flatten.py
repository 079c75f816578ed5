"""Merging axes and splitting them."""

from __future__ import annotations

import pytest

import minigen
from minigen import nn


@pytest.mark.parametrize(
    ("options", "shape"),
    [({}, (2, 60)), ({"start_dim": 0}, (120,)), ({"start_dim": 1, "end_dim": 2}, (2, 12, 5))],
)
def test_flatten_merges_axes(options: dict[str, int], shape: tuple[int, ...]) -> None:
    assert nn.Flatten(**options)(minigen.zeros(2, 3, 4, 5)).shape == shape


@pytest.mark.parametrize(
    ("dim", "sizes", "shape"),
    [
        (1, (3, 4), (2, 3, 4, 5)),
        (1, (3, -1), (2, 3, 4, 5)),
        (-1, [5, 1], (2, 12, 5, 1)),
        (0, (-1,), (2, 12, 5)),
    ],
)
def test_unflatten_splits_an_axis(dim: int, sizes: list[int], shape: tuple[int, ...]) -> None:
    assert nn.Unflatten(dim, sizes)(minigen.zeros(2, 12, 5)).shape == shape


def test_unflatten_undoes_flatten() -> None:
    x = minigen.randn(2, 3, 4)
    assert (nn.Unflatten(1, (3, 4))(nn.Flatten()(x)).array == x.array).all()


@pytest.mark.parametrize(
    ("sizes", "expected"), [((3, 5), r"\(2, 15, 5\)"), ((5, -1), r"\(2, 5 \* n, 5\)")]
)
def test_lengths_that_do_not_fit_are_named_with_the_layer(
    sizes: tuple[int, ...], expected: str
) -> None:
    with pytest.raises(ValueError, match=rf"Unflatten\(dim=1.*{expected} is.*got \(2, 12, 5\)"):
        nn.Unflatten(1, sizes)(minigen.zeros(2, 12, 5))


@pytest.mark.parametrize("sizes", [(), (-1, -1), (0, 2), (-2, 3)])
def test_lengths_that_never_fit_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="positive lengths are expected"):
        nn.Unflatten(1, sizes)


@pytest.mark.parametrize("module", [nn.Flatten(3), nn.Unflatten(3, (1, 1))])
def test_an_axis_that_is_not_there_is_an_error(module: nn.Module) -> None:
    with pytest.raises(IndexError, match="axis 3 is out of range for 2 axes"):
        module(minigen.zeros(2, 2))


def test_repr_names_the_axes() -> None:
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
