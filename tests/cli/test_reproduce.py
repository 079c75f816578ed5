from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from minigen import results
from minigen.results import Row, Table

from .helpers import call, error

KEYS = ("negative_elbo", "kl")


def small(figures: dict[str, tuple[float, ...]], tolerance: float = 0.5) -> Table:
    """Return a table that takes a second."""
    row = Row("digits", "vae --hidden 16 --latent 2 --epochs 1", 0.1, (0,), figures)
    return Table("small", "Small", "", tolerance, dict.fromkeys(KEYS, "x"), (row,))


def publish(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    monkeypatch.setattr(results, "published", lambda: MappingProxyType({table.name: table}))


def test_without_a_table_all_are_listed_with_their_time() -> None:
    lines = call("reproduce").output.splitlines()
    assert len(lines) == 1 + len(results.published())
    assert any(
        line.split()[0] == "dense-vae" and line.rstrip().endswith(" 6 min") for line in lines
    )


def test_a_table_is_trained_evaluated_and_said_to_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, small({"negative_elbo": (35.0,), "kl": (1.0,)}, tolerance=5))
    done = call("reproduce", "small", "--out", tmp_path)
    assert done.exit_code == 0
    assert "yes" in done.output
    assert (tmp_path / "digits-seed-0" / "checkpoints").is_dir()
    assert "| digits | x | 0 |" in (tmp_path / "table.md").read_text()
    again = call("reproduce", "small", "--out", tmp_path)
    assert "test loss" in done.output
    assert "test loss" not in again.output  # nothing was trained


def test_a_figure_that_does_not_hold_has_an_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, small({"negative_elbo": (1.0,), "kl": (1e6,)}))
    done = call("reproduce", "small", "--out", tmp_path, status=1)
    assert "no" in done.output


def test_a_run_that_was_begun_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, small({"negative_elbo": (35.0,), "kl": (1.0,)}, tolerance=5))
    folder = tmp_path / "digits-seed-0"
    call("train", "vae", "--hidden", "16", "--latent", "2", "--epochs", "1", "--out", folder)
    done = call("reproduce", "small", "--out", tmp_path)
    assert "the run is finished" in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing",), "'nothing' is none of dense-vae,"),
        (("dense-vae", "--seeds", "9"), "seed 9 was not published; dense-vae has [0, 1, 2]"),
        (("dense-vae", "--seeds", "1,x"), "numbers separated by commas, not '1,x'"),
    ],
)
def test_what_is_not_published_is_an_error_of_one_line(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    assert message in error("reproduce", *words, "--out", tmp_path / "none", status=2)
    assert not (tmp_path / "none").exists()
