"""A run on words, stopped and resumed; and voices that are held out whole."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from minigen.data import load
from minigen.training import (
    ConfigurationError,
    RunConfig,
    TrainingInterrupted,
    load_examples,
    resume,
    train,
)

from .helpers import call_at_batch, outcome


def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = RunConfig(
        model="spoken-vae",
        model_config={"channels": [4], "hidden": [6], "latent": 2},
        dataset="tests.words:beeps",
        epochs=2,
        batch_size=12,
    )
    run = train(config, tmp_path / "whole", progress=False, pictures=False)
    assert run.config.model_config["words"] == ["up", "down", "on"]
    with monkeypatch.context() as patch:
        call_at_batch(patch, 6, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config, tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_voices_are_held_out_whole() -> None:
    config = RunConfig(model="spoken-vae", dataset="spoken", validation=200)
    kept, held_out = (load_examples(config, split).images for split in ("train", "validation"))
    train_part = load("spoken")
    assert train_part.voices is not None
    voice_of = {
        image.tobytes(): voice
        for image, voice in zip(train_part.scaled(), train_part.voices, strict=True)
    }
    voices = [{voice_of[image.tobytes()] for image in part} for part in (kept, held_out)]
    assert [len(each) for each in voices] == [70, 10]
    assert not voices[0] & voices[1]
    assert len(held_out) == 200
    assert len(np.concatenate([kept, held_out])) == len(train_part)


def test_own_words_at_another_rate_are_refused(tmp_path: Path) -> None:
    from minigen.data import OwnData

    own = OwnData(str(tmp_path), rate=16000)
    with pytest.raises(ConfigurationError, match="rate: spectrograms are made of sounds at 8000"):
        RunConfig(model="spoken-vae", dataset=str(tmp_path), own_data=own)
