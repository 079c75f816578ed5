"""Runs on good pictures, to find bad ones."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest

from minigen import data
from minigen.training import (
    ConfigurationError,
    RunConfig,
    TrainingInterrupted,
    load_data,
    load_examples,
    resume,
    train,
)

from .helpers import call_at_batch, outcome


def test_one_class_alone_is_trained_on_and_measured() -> None:
    config = RunConfig(model="anomaly", normal_class=3, validation=50)
    digits = {split: data.load("digits", split) for split in ("train", "test")}
    parts = {split: load_examples(config, split) for split in ("train", "validation", "test")}
    threes = {split: int((part.labels == 3).sum()) for split, part in digits.items()}
    assert len(parts["validation"]) == 50
    assert len(parts["train"]) == threes["train"] - 50
    np.testing.assert_array_equal(
        parts["test"].images, digits["test"].scaled()[digits["test"].labels == 3]
    )
    together = np.concatenate([parts["train"].images, parts["validation"].images])
    wanted = digits["train"].scaled()[digits["train"].labels == 3]
    assert {each.tobytes() for each in together} == {each.tobytes() for each in wanted}
    everything = load_data(config, "test")
    assert (len(everything), everything.classes[:2]) == (len(digits["test"]), ("good: 3", "0"))


def test_an_impossible_class_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"normal_class: a class from 0 to 9 .* got 10"):
        load_examples(RunConfig(normal_class=10), "train")
    pairs = RunConfig(model="pix2pix", dataset="tests.pairs:squares", normal_class=0)
    with pytest.raises(ConfigurationError, match="normal_class: squares has no classes"):
        load_examples(pairs, "train")
    with pytest.raises(ConfigurationError, match="normal_class: ring has no images"):
        load_examples(RunConfig(model="gan", dataset="ring", normal_class=0), "train")
    with pytest.raises(ConfigurationError, match="normal_class: an integer of at least 0"):
        RunConfig(normal_class=-1)


def test_the_first_class_may_be_normal_and_config_files_say_so_only_where_one_is() -> None:
    first = RunConfig(normal_class=0)
    assert json.loads(first.to_json())["normal_class"] == 0
    assert RunConfig.from_json(first.to_json()) == first
    assert "normal_class" not in RunConfig().to_json()


def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"channels": [4], "code_channels": 2}
    config = RunConfig(model="anomaly", model_config=options, normal_class=3, epochs=2)
    train(config, tmp_path / "whole", progress=False, pictures=False)
    with monkeypatch.context() as patch:
        call_at_batch(patch, 6, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config, tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
