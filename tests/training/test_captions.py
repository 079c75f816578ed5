"""A run on images with sentences, stopped and resumed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from minigen.training import RunConfig, TrainingInterrupted, resume, train

from .helpers import call_at_batch, outcome


def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"channels": [4], "hidden": [6], "latent": 2, "sentence_features": 5}
    config = RunConfig(
        model="text-to-image",
        model_config=options,
        dataset="tests.captions:bars",
        epochs=2,
        batch_size=12,
    )
    run = train(config, tmp_path / "whole", progress=False, pictures=False)
    assert run.config.model_config["vocabulary"][:3] == ["", "a", "bar"]
    with monkeypatch.context() as patch:
        call_at_batch(patch, 6, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config, tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
