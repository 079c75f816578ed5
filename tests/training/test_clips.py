"""A run on clips, stopped and resumed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from minigen.training import RunConfig, TrainingInterrupted, resume, train

from .helpers import call_at_batch, outcome


def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = RunConfig(
        model="frame-prediction",
        model_config={"channels": [8], "context": 2, "unrolled": 2},
        dataset="tests.clips:points",
        epochs=2,
        batch_size=10,
    )
    train(config, tmp_path / "whole", progress=False, pictures=False)
    with monkeypatch.context() as patch:
        call_at_batch(patch, 6, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config, tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
