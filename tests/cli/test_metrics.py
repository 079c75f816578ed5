from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path

import pytest

from .helpers import SMALL, call, error


def test_the_table_has_a_line_an_epoch(vae: Path) -> None:
    (record,) = map(json.loads, (vae / "metrics.jsonl").read_text().splitlines())
    titles, values = call("metrics", vae).output.splitlines()
    assert titles.split("  ")[:2] == ["epoch", "train loss"]
    assert f"{record['test']['kl']:.2f}" in values


def test_csv_has_every_value(trained: dict[str, Path]) -> None:
    folder = trained["gan"]
    (record,) = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    (row,) = csv.DictReader(io.StringIO(call("metrics", folder, "--csv").output))
    assert row.pop("epoch") == "1"
    found = {name: float(value) for name, value in row.items()}
    assert found == {
        f"{part}.{name}": value
        for part in ("train", "test", "watch")
        for name, value in record[part].items()
    }


def test_no_run_and_no_epoch_are_told(tmp_path: Path, vae: Path) -> None:
    assert "holds no run" in error("metrics", tmp_path, status=1)
    (vae / "metrics.jsonl").unlink()
    assert "no epoch of the run is finished yet" in error("metrics", vae, status=1)


def test_a_log_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboardX" else found(name)
    )
    arguments = ("train", "vae", *SMALL, "--log", "tensorboard", "--out", tmp_path / "run")
    message = error(*arguments, status=2)
    assert message.endswith("python -m pip install 'minigen-numpy[tensorboard]' (--log)")
    assert not (tmp_path / "run").exists()


def test_a_log_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    call("train", "vae", *SMALL, "--log", "tensorboard", "--out", tmp_path / "run")
    assert list((tmp_path / "run" / "tensorboard").glob("events.out.tfevents.*"))
