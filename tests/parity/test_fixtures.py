"""minigen against the committed results of PyTorch, and those against the PyTorch of today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from minigen import optim

from ..derivations import of_values_and_gradients
from . import fixtures
from .cases import CASES, Case, find
from .evaluation import Minigen, Results, assert_same, evaluate
from .trajectories import OPTIMIZATIONS, Optimization, trajectory


@pytest.fixture(scope="module")
def ops() -> Results:
    return fixtures.read(fixtures.OPS)


@pytest.fixture(scope="module")
def optimizers() -> Results:
    return fixtures.read(fixtures.OPTIMIZERS)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=of_values_and_gradients(find(case.op)))
        for case in CASES
    ],
)
def test_ops_equal_the_fixture(case: Case, ops: Results) -> None:
    prefix = f"{case.name}/"
    expected = {
        name.removeprefix(prefix): array for name, array in ops.items() if name.startswith(prefix)
    }
    assert expected, f"no results of {case.name} in {fixtures.OPS.name}: run make_fixtures"
    trial = fixtures.trial_of(case, ops)
    del expected[fixtures.NUMBER]
    actual = evaluate(Minigen(0), case.function, trial)
    assert_same(actual, expected, str(trial))


@pytest.mark.parametrize("optimization", OPTIMIZATIONS, ids=lambda optimization: optimization.name)
def test_trajectories_equal_the_fixture(optimization: Optimization, optimizers: Results) -> None:
    actual = fixtures.thinned(trajectory(Minigen(0), optim, optimization))
    np.testing.assert_allclose(actual, optimizers[optimization.name], rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("path", "made_today"),
    [
        (fixtures.OPS, fixtures.ops_by_torch),
        (fixtures.OPTIMIZERS, fixtures.optimizers_by_torch),
    ],
    ids=["ops", "optimizers"],
)
def test_the_fixtures_are_what_the_script_makes_today(
    path: Path, made_today: Callable[[], Results]
) -> None:
    pytest.importorskip("torch")
    assert_same(made_today(), fixtures.read(path), f"{path.name}, made by PyTorch of today")


@pytest.mark.parametrize("path", [fixtures.OPS, fixtures.OPTIMIZERS], ids=lambda path: path.stem)
def test_the_fixtures_are_small_and_say_who_made_them(path: Path) -> None:
    assert path.stat().st_size < 200_000
    assert fixtures.version_in(path)[0].isdecimal()


def test_a_mistake_would_show_in_every_trial(ops: Results) -> None:
    """One number is its own mean and softmax; only a mask that drops everything may give zeros."""
    silent = [
        case.name
        for case in CASES
        if not fixtures.says_something(
            {name: ops[f"{case.name}/{name}"] for name in _names(case, ops)}
        )
    ]
    assert silent == ["dropout, of everything"]


def _names(case: Case, ops: Results) -> list[str]:
    """Return the names of a case's results."""
    prefix = f"{case.name}/"
    return [name.removeprefix(prefix) for name in ops if name.startswith(prefix)]


def test_a_fixture_is_written_whole_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixtures, "version", lambda: "2.0")
    results = {"transposed": np.arange(6.0).reshape(2, 3).T, "scalar": np.array(True)}
    fixtures.write(tmp_path / "some.safetensors", results)
    assert [path.name for path in tmp_path.iterdir()] == ["some.safetensors"]
    assert fixtures.version_in(tmp_path / "some.safetensors") == "2.0"
    read = fixtures.read(tmp_path / "some.safetensors")
    assert_same({name: read[name] for name in results}, results, "what was written")
