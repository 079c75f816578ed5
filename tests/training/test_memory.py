from __future__ import annotations

from pathlib import Path

import pytest

from minigen.engine.random import Generator
from minigen.training import ConfigurationError, TooLargeError, memory, train
from minigen.training.memory import WeighingGenerator

from .helpers import small_config


def test_what_is_drawn_is_that_of_any_generator() -> None:
    weighing, other = WeighingGenerator((1, 2)), Generator((1, 2))
    with weighing.at_most(1000):
        assert weighing.normal((3, 4)).tolist() == other.normal((3, 4)).tolist()
        assert weighing.uniform(5).tolist() == other.uniform(5).tolist()


def test_more_bytes_than_there_may_be_are_refused_before_they_are_taken() -> None:
    generator = WeighingGenerator(0)
    with generator.at_most(100):
        generator.uniform(25)
        with pytest.raises(MemoryError, match="GiB would be needed at least"):
            generator.normal(())
    with generator.at_most(1e9), pytest.raises(MemoryError, match=r"37,252,903\.0 GiB"):
        generator.normal((10**8, 10**8))
    generator.normal(1000)  # outside, nothing is counted


def test_a_machine_says_how_much_memory_it_has() -> None:
    assert memory.memory() > 2**28


@pytest.mark.parametrize(
    "model_config",
    [
        {"hidden": [20000, 20000], "latent": 2},
        {"hidden": [8], "latent": 2**31 - 1},
        {"hidden": [8], "latent": 2, "importance_samples": 2**31 - 1},
    ],
    ids=["hidden", "latent", "importance samples"],
)
def test_a_model_that_does_not_fit_into_memory_is_refused_before_there_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_config: dict[str, object]
) -> None:
    for place in ("minigen.training.config.memory", "minigen.training.runs.memory"):
        monkeypatch.setattr(place, lambda: 2.0**30)
    config = small_config(model_config=model_config)
    with pytest.raises(TooLargeError, match="into memory"):
        train(config, tmp_path / "run", progress=False)
    assert not list(tmp_path.iterdir())


def test_a_side_that_never_has_its_turn_is_told(tmp_path: Path) -> None:
    config = small_config(
        model="gan", model_config={"hidden": [8], "latent": 2, "critic_steps": 100}, epochs=1
    )
    with pytest.raises(ConfigurationError, match="critic_steps: the generator would never have"):
        train(config, tmp_path / "run", progress=False)
    assert not list(tmp_path.iterdir())
