"""minigen against the committed results of PyTorch, and those against the PyTorch of today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from minigen import optim

from ..derivations import of_values_and_gradients
from . import fixtures
from .cases import DRAWN, KEPT, Case, find
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
        for case in KEPT
    ],
)
def test_ops_equal_the_fixture(case: Case, ops: Results) -> None:
    prefix = f"{case.name}/"
    expected = {
        name.removeprefix(prefix): array for name, array in ops.items() if name.startswith(prefix)
    }
    if case not in DRAWN and not expected:
        pytest.skip(f"no results of {case.name} in {fixtures.OPS.name} yet: run make_fixtures")
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
        (fixtures.INPLACE, fixtures.inplace_by_torch),
    ],
    ids=["ops", "optimizers", "inplace"],
)
def test_the_fixtures_are_what_the_script_makes_today(
    path: Path, made_today: Callable[[], Results]
) -> None:
    pytest.importorskip("torch")
    held = fixtures.read(path)
    later = new(held)
    made = {name: array for name, array in made_today().items() if _case_of(name) not in later}
    assert_same(made, held, f"{path.name}, made by PyTorch of today")


def new(held: Results) -> set[str]:
    """Return the cases of the catalogue that came after the file was made."""
    ops_of_catalogue = {case.name for case in KEPT if case not in DRAWN}
    return ops_of_catalogue - {_case_of(name) for name in held}


def _case_of(name: str) -> str:
    return name.rpartition("/")[0]


@pytest.mark.parametrize(
    "path", [fixtures.OPS, fixtures.OPTIMIZERS, fixtures.INPLACE], ids=lambda path: path.stem
)
def test_the_fixtures_are_small_and_say_who_made_them(path: Path) -> None:
    assert path.stat().st_size < 600_000
    assert fixtures.version_in(path)[0].isdecimal()


def test_a_mistake_would_show_in_every_trial(ops: Results) -> None:
    """One number is its own mean and softmax; only a mask that drops everything may give zeros."""
    silent = [
        case.name
        for case in KEPT
        if _names(case, ops)
        and not fixtures.says_something(
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
