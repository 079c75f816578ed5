"""Runs that version 0.1.0 saved after the first of two epochs go on as that version went on.

``fixtures/saved`` holds a small run of each model: its configuration, the checkpoint pair of its
first epoch, and what the second one ended with: the weights, the generators' states, the history.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from minigen.training import CheckpointFolder, Position, RunFolder, resume

SAVED = Path(__file__).parent / "fixtures" / "saved"
RUNS = sorted(folder.name for folder in SAVED.iterdir())


def close(value: Any) -> Any:
    """Make numbers in nested values comparable but for rounding."""
    if isinstance(value, dict):
        return {name: close(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [close(entry) for entry in value]
    return pytest.approx(value, rel=1e-4, abs=1e-5)


@pytest.fixture(params=RUNS)
def saved(request: pytest.FixtureRequest) -> Path:
    return SAVED / str(request.param)


def test_a_run_goes_on_to_the_same_weights_random_states_and_history(
    saved: Path, tmp_path: Path
) -> None:
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    (tmp_path / "samples").mkdir()
    shutil.copy(saved / "config.json", tmp_path)
    for file in saved.glob("epoch-0001.*"):
        shutil.copy(file, checkpoints)
    run = resume(tmp_path, progress=False, pictures=False)
    expected = json.loads((saved / "expected.json").read_text())
    assert run.history == close(expected["history"])
    assert run.history[0] == expected["history"][0]
    assert CheckpointFolder(checkpoints).read(Position(2)).generators == expected["generators"]
    reached = load_file(checkpoints / "epoch-0002.safetensors")
    weights = load_file(saved / "expected.safetensors")
    assert list(reached) == list(weights)
    for name, value in weights.items():
        assert reached[name].dtype == value.dtype
        assert reached[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def test_its_configuration_is_written_again_as_it_was_read(saved: Path) -> None:
    """With the options that came since then; what was left open to that version is said."""
    written = json.loads((saved / "config.json").read_text())
    config = RunFolder(saved).read_config()
    again = json.loads(config.to_json())
    completed = json.loads(config.completed(config.build_model()).to_json())
    options, of_then = again.pop("model_config"), written.pop("model_config")
    assert options.items() <= completed.pop("model_config").items()
    assert completed == again
    assert again == written
    assert options.keys() >= of_then.keys()
    settled = {name: options[name] for name, value in of_then.items() if value is not None}
    assert settled == {name: value for name, value in of_then.items() if value is not None}


@pytest.mark.parametrize(
    ("run", "batch_norm"), [("cgan", True), ("dcgan", None), ("dcgan-spectral", None)]
)
def test_a_gan_of_then_is_made_as_it_was(run: str, batch_norm: bool | None) -> None:
    """Without hidden dense layers; with batch norm in every discriminator that it did not harm."""
    options = RunFolder(SAVED / run).read_config().model_config
    assert options["generator_hidden"] == options["discriminator_hidden"] == []
    assert options["batch_norm"] is batch_norm
    assert options["average_buffers"] is options["average_warmup"] is False
    assert options.get("projection", False) is False


def test_there_is_a_run_of_every_model() -> None:
    found = {json.loads((SAVED / run / "config.json").read_text())["model"] for run in RUNS}
    assert found >= {
        *("autoencoder", "conv-autoencoder", "vae", "conv-vae", "cvae", "gan", "dcgan", "cgan")
    }
