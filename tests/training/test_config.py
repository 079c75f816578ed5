from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import optim
from minigen.training import OPTIMIZERS, ConfigurationError, RunConfig, RunError

from .helpers import small_config


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("model", "gan9", "one of autoencoder, conv-autoencoder, vae, conv-vae"),
        ("dataset", "cats", "one of digits, mnist, fashion_mnist"),
        ("binarize", "half", "one of none, static, dynamic"),
        ("optimizer", "newton", "one of adam, adamw, rmsprop, sgd"),
        ("schedule", "linear", "one of constant, cosine"),
        ("epochs", 0, "an integer of at least 1 is expected, got 0"),
        ("epochs", 2.0, "an integer of at least 1 is expected, got 2.0"),
        ("batch_size", True, "an integer of at least 1 is expected, got True"),
        ("keep", 0, "an integer of at least 1"),
        ("seed", -1, "an integer of at least 0"),
        ("learning_rate", 0.0, "a positive number is expected, got 0.0"),
        ("learning_rate", float("nan"), "a positive number is expected, got nan"),
        ("learning_rate", float("inf"), "a positive number is expected, got inf"),
        ("betas", [0.5], r"two numbers in \[0, 1\) are expected"),
        ("betas", [0.5, 1.0], r"two numbers in \[0, 1\) are expected"),
        ("device", "tpu", "use 'cpu', 'cuda' or 'cuda:N'"),
    ],
)
def test_a_value_out_of_its_range_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: .*{message}"):
        small_config(**{name: value})


def test_the_device_is_spelt_in_one_way() -> None:
    assert small_config(device="cuda").device == "cuda:0"


def test_json_holds_all_of_it() -> None:
    config = small_config(seed=2**70, learning_rate=0.1, binarize="dynamic", keep=5)
    assert RunConfig.from_json(config.to_json()) == config
    assert json.loads(config.to_json())["minigen"] == minigen.__version__


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't be read"),
        ("{", "can't be read"),
        ("3", "can't be read"),
        ("{}", "lacks batch_size, betas, binarize"),
    ],
)
def test_a_text_that_is_no_configuration_is_refused(text: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        RunConfig.from_json(text)


@pytest.mark.parametrize(("name", "value"), [("epochs", "ten"), ("momentum", 0.9)])
def test_a_changed_json_is_refused_with_the_entry_at_fault(name: str, value: Any) -> None:
    entries = json.loads(small_config().to_json()) | {name: value}
    with pytest.raises(RunError, match=name):
        RunConfig.from_json(json.dumps(entries))


def test_initial_weights_are_decided_by_the_seed() -> None:
    shape = {"image_shape": [1, 2, 2], "hidden": [4], "latent": 2}
    first, same, other = (
        small_config(model_config=shape, seed=seed).build_model().state_dict() for seed in (1, 1, 2)
    )
    name = "encoder.0.weight"
    assert np.array_equal(first[name].data, same[name].data)
    assert not np.array_equal(first[name].data, other[name].data)


@pytest.mark.parametrize("options", [{"latent": 0}, {"depth": 3}, {"decoder": "poisson"}])
def test_what_the_model_refuses_is_a_fault_of_the_configuration(options: dict[str, Any]) -> None:
    config = small_config(model_config={"image_shape": [1, 2, 2], **options})
    with pytest.raises(ConfigurationError, match=f"model_config: .*{next(iter(options))}"):
        config.build_model()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_optimiser_is_that_of_the_name_with_the_learning_rate(name: str) -> None:
    config = small_config(
        optimizer=name, learning_rate=0.25, model_config={"image_shape": [1, 2, 2]}
    )
    optimizer = config.build_optimizer(config.build_model())
    assert type(optimizer).__name__.lower() == name
    assert isinstance(optimizer, optim.Optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25]


def test_betas_are_for_optimisers_that_have_them() -> None:
    config = small_config(betas=(0.5, 0.9), model_config={"image_shape": [1, 2, 2]})
    optimizer = config.build_optimizer(config.build_model())
    assert optimizer.param_groups[0]["betas"] == [0.5, 0.9]
    with pytest.raises(ConfigurationError, match="betas: sgd has none"):
        small_config(betas=(0.5, 0.9), optimizer="sgd")


def test_what_is_left_open_is_completed_by_the_model() -> None:
    config = small_config(model_config={"image_shape": [1, 2, 2]})
    model = config.build_model()
    completed = config.completed(model)
    assert (completed.learning_rate, completed.betas) == (1e-3, None)
    assert completed.model_config == model.config()
    assert small_config(learning_rate=0.5).completed(model).learning_rate == 0.5


def test_the_learning_rate_stays_or_falls_to_zero_at_the_end_of_the_run() -> None:
    rates: dict[str, list[float]] = {}
    for schedule in ("constant", "cosine"):
        config = small_config(
            schedule=schedule, learning_rate=0.5, model_config={"image_shape": [1, 2, 2]}
        )
        optimizer = config.build_optimizer(config.build_model())
        run = config.build_schedule(optimizer, 4)
        rates[schedule] = []
        for _ in range(5):
            rates[schedule].append(run.get_last_lr()[0])
            run.step()
    assert rates["constant"] == [0.5] * 5
    wave = [0.5 * (1 + math.cos(math.pi * share / 4)) / 2 for share in range(5)]
    assert rates["cosine"] == pytest.approx(wave)
