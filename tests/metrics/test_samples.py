from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import metrics, nn
from minigen.metrics import measuring, samples


def test_rows_of_any_kind_become_float64_on_the_host() -> None:
    given: list[Any] = [np.ones((3, 2), np.float32), minigen.ones(3, 2), np.ones((3, 2), np.int32)]
    for value in given:
        (rows,) = samples.as_rows("metric", 1, x=value)
        assert rows.dtype == np.float64
        assert rows.tolist() == [[1, 1]] * 3


def test_what_was_given_stays_as_it_was() -> None:
    given = np.ones((3, 2))
    (rows,) = samples.as_rows("metric", 1, x=given)
    rows[:] = 0
    assert given.all()


@pytest.mark.parametrize(
    ("x", "y", "least"),
    [((3,), (3,), 1), ((3, 2), (3, 1), 1), ((3, 2), (1, 2), 2), ((3, 0), (3, 0), 1)],
)
def test_shapes_that_do_not_fit_are_refused_with_their_names(
    x: tuple[int, ...], y: tuple[int, ...], least: int
) -> None:
    with pytest.raises(ValueError, match=r"^metric: rows \(N, D\) .* of at least") as caught:
        samples.as_rows("metric", least, x=np.zeros(x), y=np.zeros(y))
    assert str(caught.value).endswith(f"{least}, got x {x}, y {y}")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    y: npt.NDArray[np.float32] = np.zeros((3, 2), np.float32)
    y[1, 1] = value
    with pytest.raises(ValueError, match=r"^metric: y holds a number that is NaN or infinite"):
        samples.as_rows("metric", 1, x=np.zeros((3, 2)), y=y)


def test_different_numbers_of_samples_are_refused_with_both() -> None:
    samples.expect_equal_counts("metric", x=np.zeros((3, 2)), y=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"^metric: equal numbers .*, got 1,000 x and 3 y; take"):
        samples.expect_equal_counts("metric", x=np.zeros((1000, 2)), y=np.zeros((3, 2)))


@pytest.mark.parametrize(("rows", "columns"), [(10, 1), (10, 10**7), (9000, 1000), (0, 5), (5, 0)])
def test_blocks_cover_every_row_once_and_are_small(rows: int, columns: int) -> None:
    parts = [np.arange(rows)[part] for part in samples.blocks(rows, columns)]
    assert np.concatenate([np.arange(0), *parts]).tolist() == list(range(rows))
    assert all(len(part) == 1 or len(part) * columns <= 4_000_000 for part in parts)


def test_inside_the_model_evaluates_and_nothing_is_recorded() -> None:
    model = nn.Sequential(nn.Dense(2, 2), nn.Dropout(0.5))
    with measuring(model):
        assert not any(module.training for module in model.modules())
        assert not model(minigen.ones(1, 2)).requires_grad
    assert minigen.is_grad_enabled()


def test_each_module_gets_its_own_mode_back_even_after_an_error() -> None:
    model = nn.Sequential(nn.Dropout(0.1), nn.Dropout(0.2))
    model.train()
    frozen = next(iter(model.children())).eval()
    with pytest.raises(RuntimeError, match="a fault"), measuring(model):
        raise RuntimeError("a fault")
    assert [module.training for module in model.modules()] == [True, False, True]
    assert not frozen.training


def test_its_old_name_measures_too() -> None:
    assert metrics.evaluating is measuring
