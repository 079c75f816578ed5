"""A run on pairs of images, or on two styles, stopped and resumed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from minigen.training import RunConfig, TrainingInterrupted, resume, train

from .helpers import call_at_batch, outcome


@pytest.mark.parametrize(
    ("model", "options"),
    [("pix2pix", {"adversarial": 0.0}), ("pix2pix", {"adversarial": 1.0}), ("cyclegan", {})],
)
def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, options: dict[str, float]
) -> None:
    small = {"channels": [8], "depth": 1, "patch_channels": [4], **options}
    dataset = "tests.pairs:squares"
    config = RunConfig(model=model, model_config=small, dataset=dataset, epochs=2, batch_size=16)
    train(config, tmp_path / "whole", progress=False, pictures=False)
    with monkeypatch.context() as patch:
        call_at_batch(patch, 6, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config, tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
