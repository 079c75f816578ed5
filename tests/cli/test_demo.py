from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import pytest

from .helpers import SMALL, call, error

demo = importlib.import_module("minigen.cli.demo")  # the package's attribute is the command


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show the demo in two epochs."""
    config = dataclasses.replace(demo._config(), epochs=2)
    monkeypatch.setattr(demo, "_config", lambda: config)


def test_it_draws_its_pictures_and_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = call("demo").output
    assert "epoch 2/2: 100%" in shown
    for name in ("epoch-0002.png", "reconstructions.png", "losses.png"):
        path = Path("runs", "demo", "samples", name)
        assert f"  {path}  " in shown
        assert path.exists()


def test_it_may_be_shown_again(tmp_path: Path) -> None:
    for _ in range(2):
        call("demo", "--out", tmp_path)


@pytest.mark.parametrize("settings", [(), ("--hidden", "256", "--latent", "8", "--lr", "0.002")])
def test_it_replaces_no_other_run(tmp_path: Path, settings: tuple[str, ...]) -> None:
    call("train", "vae", *(settings or SMALL), "--epochs", "1", "--out", tmp_path)
    assert "holds another run" in error("demo", "--out", tmp_path, status=1)
