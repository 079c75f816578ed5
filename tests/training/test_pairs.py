"""A run on pairs of images, stopped and resumed, with a discriminator and without."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from minigen.training import RunConfig, TrainingInterrupted, resume, train

from .helpers import call_at_batch, outcome


@pytest.mark.parametrize("adversarial", [0.0, 1.0])
def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adversarial: float
) -> None:
    options = {"channels": [8], "depth": 1, "adversarial": adversarial, "patch_channels": [4]}
    dataset = "tests.pairs:squares"
    config = RunConfig(model="pix2pix", model_config=options, dataset=dataset, epochs=2)
    train(config, tmp_path / "whole", progress=False, pictures=False)
    with monkeypatch.context() as patch:
        call_at_batch(patch, 6, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config, tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
