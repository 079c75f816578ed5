from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from minigen import models
from minigen.cli import options
from minigen.cli.train import train
from minigen.models import MODELS
from minigen.training import BINARIZATIONS, OPTIMIZERS, SCHEDULES, RunConfig

from ..training.helpers import call_at_batch, outcome
from .helpers import SMALL, call, error


def config(folder: Path) -> RunConfig:
    return RunConfig.from_json((folder / "config.json").read_text())


def test_a_run_says_how_it_ended_and_where_its_files_are(tmp_path: Path) -> None:
    result = call("train", "vae", *SMALL, "--out", tmp_path / "run")
    assert "epoch 1/1: 100%" in result.output
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text())
    assert f"test loss  {last['test']['loss']:.2f} nats/image after epoch 1" in result.output
    for folder in ("checkpoints", "samples"):
        assert str(tmp_path / "run" / folder) in result.output
        assert any((tmp_path / "run" / folder).iterdir())


def test_every_option_reaches_the_run(tmp_path: Path) -> None:
    settings = (
        "--dataset digits --epochs 2 --seed 5 --hidden 16,8 --latent 3 --activation tanh "
        "--decoder gaussian --schedule cosine --batch-size 500 --lr 0.01 --optimizer adamw "
        "--betas 0.5,0.9 --binarize dynamic "
        "--beta 0.5 --warmup 1 --free-bits 0.1 "
        "--device cpu --keep 1"
    )
    call("train", "vae", *settings.split(), "--out", tmp_path)
    assert config(tmp_path) == RunConfig(
        model="vae",
        model_config={
            "image_shape": [1, 8, 8],
            "hidden": [16, 8],
            "latent": 3,
            "activation": "tanh",
            "decoder": "gaussian",
            "prior": "standard",
            "components": 100,
            "beta": 0.5,
            "warmup": 1.0,
            "free_bits": 0.1,
            "importance_samples": 1,
        },
        dataset="digits",
        device="cpu",
        binarize="dynamic",
        epochs=2,
        batch_size=500,
        optimizer="adamw",
        learning_rate=0.01,
        betas=[0.5, 0.9],
        schedule="cosine",
        seed=5,
        keep=1,
    )


def test_every_option_of_a_gan_reaches_the_run(tmp_path: Path) -> None:
    settings = (
        "--epochs 1 --channels 4 --latent 3 --objective minimax --label-smoothing 0.1 --r1 0.5 "
        "--penalty 0.25 --critic-steps 2 --packing 2 --spectral-norm --no-batch-norm --average 0.9 "
        "--generator-hidden 5,6 --discriminator-hidden 7 --r1-interval 3 --no-average-buffers "
        "--no-average-warmup --upsampling nearest --augment-shift 1 --augment-colour --augment-flip"
    )
    call("train", "dcgan", *settings.split(), "--out", tmp_path)
    found = config(tmp_path)
    assert found.model_config == {
        "image_shape": [1, 8, 8],
        "channels": [4],
        "latent": 3,
        "objective": "minimax",
        "label_smoothing": 0.1,
        "penalty": 0.25,
        "r1": 0.5,
        "critic_steps": 2,
        "clip": None,
        "packing": 2,
        "spectral_norm": True,
        "batch_norm": False,
        "average": 0.9,
        "generator_hidden": [5, 6],
        "discriminator_hidden": [7],
        "upsampling": "nearest",
        "r1_interval": 3,
        "average_buffers": False,
        "average_warmup": False,
        "augment_shift": 1,
        "augment_colour": True,
        "augment_flip": True,
    }
    assert (found.learning_rate, found.betas) == (1e-3, [0.0, 0.99])


def test_a_gan_has_two_losses_to_tell(tmp_path: Path) -> None:
    result = call("train", "gan", *SMALL, "--dataset", "digits", "--out", tmp_path / "run")
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text())["test"]
    for side in ("discriminator", "generator"):
        assert f"test {side} loss  {last[f'{side}_loss']:.2f} after epoch 1" in result.output


def test_by_default_it_is_the_classic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call("train", "vae", "--epochs", "1")
    found = config(Path("runs/vae-digits-seed-0"))
    assert found.model_config["hidden"] == [400]
    assert found.model_config["latent"] == 20
    assert (found.batch_size, found.optimizer, found.learning_rate) == (128, "adam", 0.001)


def test_the_recipe_is_one_short_command(tmp_path: Path) -> None:
    call("train", "cgan", "--steps", 1, "--out", tmp_path)
    found = config(tmp_path)
    assert (found.batch_size, found.learning_rate, found.betas) == (64, 1e-3, [0.0, 0.99])
    assert (found.schedule, found.steps) == ("linear", 1)
    options = found.model_config
    assert options["projection"]
    assert (options["generator_hidden"], options["discriminator_hidden"]) == ([256], [128])
    assert (options["latent"], options["r1"], options["r1_interval"]) == (64, 1.0, 8)
    assert (options["average"], options["average_buffers"]) == (0.999, True)


@pytest.mark.parametrize("pair", [("epochs", "steps"), ("steps", "minutes"), ("epochs", "minutes")])
def test_the_length_is_said_once(tmp_path: Path, pair: tuple[str, str]) -> None:
    options = [word for name in pair for word in (f"--{name}", 1)]
    message = error("train", "vae", *options, "--out", tmp_path / "run", status=2)
    assert message == f"--{pair[0]} and --{pair[1]} both say how long: leave one out"
    assert not (tmp_path / "run").exists()


def test_more_than_there_is_cannot_be_held_out(tmp_path: Path) -> None:
    options = ("--validation", 1415, "--out", tmp_path / "run")
    message = error("train", "vae", *options, status=2)
    assert message.startswith("validation: fewer than the 1,415 training examples are expected")
    assert message.endswith("(--validation)")
    assert not (tmp_path / "run").exists()


def test_hidden_layers_may_be_left_out(tmp_path: Path) -> None:
    call("train", "autoencoder", "--hidden", "", "--epochs", "1", "--out", tmp_path)
    assert config(tmp_path).model_config["hidden"] == []


def test_choices_are_those_of_the_library() -> None:
    choices = {
        parameter.name: list(parameter.type.choices)
        for parameter in train.params
        if hasattr(parameter.type, "choices")
    }
    assert choices["optimizer"] == list(OPTIMIZERS)
    assert choices["schedule"] == list(SCHEDULES)
    assert choices["binarize"] == list(BINARIZATIONS)


def test_help_shows_the_options_of_all_models_or_of_the_one_that_is_named() -> None:
    everything = call("train", "--help").output
    for name, model in MODELS.items():
        shown = call("train", name, "--help").output
        for option in models.options(model):
            flag = f"--{option.name.replace('_', '-')}"
            assert (f"  {flag} " in shown) is (f"  {flag} " in everything) is not option.required
    assert "--warmup" not in call("train", "gan", "--help").output
    words = " ".join(call("train", "--help").output.split())
    assert "weight rises from 0" in words
    assert "[of vae, conv-vae, cvae" in words
    words = " ".join(call("train", "--epochs", 3, "vae", "--help").output.split())
    assert "such as 400,200; the decoder has them in reverse. [default: 400]" in words


def test_every_option_of_every_model_can_be_given() -> None:
    values = {int: "2", float: "0.25", tuple: "4"}
    read = {int: 2, float: 0.25, tuple: [4], bool: False}
    for name, model in MODELS.items():
        line, expected = [name], {}
        for option in models.options(model):
            if option.required or option.name in options.BY_DATA:
                continue
            flag = option.name.replace("_", "-")
            value = option.choices[-1] if option.choices else values.get(option.type, "")
            line += (f"--{flag}", value) if value else (f"--no-{flag}",)
            expected[option.name] = read.get(option.type, value)
        with train.make_context("train", line) as context:
            assert {option: context.params[option] for option in expected} == expected


def test_another_run_is_not_overwritten_unasked(vae: Path) -> None:
    before = outcome(vae)
    assert "holds another run" in error("train", "vae", *SMALL, "--out", vae, status=1)
    assert outcome(vae) == before
    call("train", "vae", *SMALL, "--seed", 1, "--out", vae, "--overwrite")
    assert outcome(vae) != before


def test_a_finished_run_says_so_and_succeeds(vae: Path) -> None:
    before = outcome(vae)
    assert "the run is finished after 1 epoch" in call("train", "--resume", vae).output
    assert outcome(vae) == before


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--batch-size", "10"), "--batch-size"),
        (("--epochs", "3", "--lr", "1"), "--lr"),
        (("--overwrite",), "--overwrite"),
        (("vae",), "MODEL"),
    ],
)
def test_a_run_goes_on_as_it_was_configured(
    vae: Path, arguments: tuple[str, ...], named: str
) -> None:
    message = error("train", "--resume", vae, *arguments, status=2)
    assert message.endswith(f"as its config.json says: leave out {named}")


def test_a_finished_run_goes_on_to_more_epochs(tmp_path: Path) -> None:
    call("train", "vae", *SMALL, "--out", tmp_path / "longer")
    result = call("train", "--resume", tmp_path / "longer", "--epochs", 3)
    assert "after epoch 3" in result.output
    call("train", "vae", *SMALL, "--epochs", 3, "--out", tmp_path / "whole")
    assert outcome(tmp_path / "longer") == outcome(tmp_path / "whole")


def test_so_many_epochs_as_are_finished_are_refused(vae: Path) -> None:
    before = outcome(vae)
    message = error("train", "--resume", vae, "--epochs", 1, status=2)
    assert message == "epochs: more than the 1 that are finished are expected, got 1 (--epochs)"
    assert outcome(vae) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), f"name a model ({', '.join(MODELS)}), or a run with --resume DIR"),
        (("gan9",), "'gan9' is not one of"),
        (("vae", "--hidden", "4,x"), "positive numbers separated by commas, not '4,x'"),
        (("vae", "--hidden", "0"), "positive numbers separated by commas, not '0'"),
        (("vae", "--epochs", "0"), "0 is not in the range 1<=x<=1000000"),
        (("vae", "--lr", "nan"), "'--lr': a number of at most 3.4e+38 is expected, got nan"),
        (("vae", "--betas", "0.5;0.9"), "numbers separated by commas, not '0.5;0.9'"),
        (("gan", "--objective", "cubic"), "'cubic' is not one of"),
        (("gan", "--penalty", "1", "--objective", "wasserstein"), "use wasserstein-gp"),
        (("vae", "--objective", "hinge"), "--objective: the model 'vae' has no such option"),
        (("vae", "--device", "tpu"), "unknown device 'tpu'"),
        (("autoencoder", "--beta", "2"), "--beta: the model 'autoencoder' has no such option"),
        (("vae", "--beta", "inf"), "'--beta': a number of at most 3.4e+38 is expected, got inf"),
        (("vae", "--beta", "1e308"), "'--beta': a number of at most 3.4e+38 is expected"),
        (("vae", "--warmup", "inf"), "'--warmup': a number of at most"),
        (("vae", "--beta", "-1"), "'--beta': -1.0 is not in the range"),
        (("gan", "--label-smoothing", "nan"), "'--label-smoothing': a number of at most"),
        (("vae", "--latent", "2147483648"), "'--latent': 2147483648 is not in the range"),
        (("vae", "--hidden", "9" * 30), "'--hidden': numbers of at most 2,147,483,647"),
        (("vae", "--hidden", "2147483647"), "into memory: "),
        (("vae", "--hidden", "2147483647"), "(--hidden, --batch-size)"),
        (("vae", "--epochs", "2147483648"), "'--epochs': 2147483648 is not in the range"),
        (("vae", "--seed", "9" * 30), "'--seed'"),
        (("vae", "--lr", ""), "'--lr': '' is not a valid"),
        (("vae", "--resume", ""), "'--resume': a name is expected, got an empty one"),
        (("dcgan", "--critic-steps", "2147483647", "--channels", "4"), "(--critic-steps)"),
        (("gan", "--penalty", "1", "--objective", "wasserstein"), "(--penalty"),
    ],
)
def test_impossible_settings_are_errors_of_use(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    out = ("--out", tmp_path / "run") if arguments else ()
    assert message in error("train", *arguments, *out, status=2)
    assert not (tmp_path / "run").exists()


def test_missing_data_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    out = tmp_path / "run"
    assert "mnist: not all" in error("train", "vae", "--dataset", "mnist", "--out", out, status=1)


def test_an_empty_folder_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = error("train", "vae", *SMALL, "--out", "", status=2)
    assert message == "Invalid value for '--out': a name is expected, got an empty one"
    assert not list(tmp_path.iterdir())


def test_no_run_to_go_on_with_is_told_in_a_line(tmp_path: Path) -> None:
    assert "holds no run" in error("train", "--resume", tmp_path, status=1)


def test_a_loss_that_is_not_finite_is_told_in_a_line(tmp_path: Path) -> None:
    arguments = ("--lr", "1e30", "--optimizer", "sgd", "--out", tmp_path)
    message = error("train", "vae", *SMALL, *arguments, status=1)
    assert message.startswith("the training loss became NaN or infinite in epoch 1, step 2. Cause:")


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def press_twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    call_at_batch(monkeypatch, 5, press_twice)
    result = call("train", "vae", *SMALL, "--out", tmp_path, status=130)
    assert "stopped at once, without saving" in result.output
    assert not list((tmp_path / "checkpoints").iterdir())


def read_until(stream: IO[bytes], text: bytes) -> None:
    """Read what a process writes, up to a text."""
    seen = b""
    while text not in seen:
        piece = os.read(stream.fileno(), 1000)
        assert piece, seen.decode()
        seen += piece


@pytest.mark.host_only("the stand-in does not reach another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_program_saves_says_how_to_resume_and_ends_with_130(
    tmp_path: Path, number: signal.Signals
) -> None:
    settings = ("train", "vae", "--hidden", "8", "--epochs", "5", "--batch-size", "4")
    program = "from minigen.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *settings, "--out", str(tmp_path / "stopped")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    read_until(process.stderr, b"epoch 2/5")
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    last = errors.decode().splitlines()[-1]
    assert last.endswith(f"Resume with: minigen train --resume {tmp_path / 'stopped'}")
    call("train", "--resume", tmp_path / "stopped")
    call(*settings, "--out", tmp_path / "whole")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("dcgan", "--batch-size", 1), "more than one value a channel"),
        (("dcgan", "--batch-size", 5000), "digits has 1,415 training examples"),
        (("gan", "--dataset", "ring", "--batch-size", 3, "--packing", 4), "a pack of 4"),
    ],
)
def test_an_impossible_batch_is_refused_before_there_is_a_folder(
    tmp_path: Path, arguments: tuple[object, ...], reason: str
) -> None:
    message = error("train", *arguments, "--epochs", 1, "--out", tmp_path / "run", status=2)
    assert message.endswith("(--batch-size)")
    assert reason in message
    assert not list(tmp_path.iterdir())
