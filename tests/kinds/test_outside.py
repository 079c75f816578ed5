"""Sequences of symbols: a kind of data, a model and a data set that one file outside brings."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minigen import viz
from minigen.training import (
    ConfigurationError,
    RunConfig,
    TrainingInterrupted,
    load_examples,
    load_model,
    resume,
    train,
)

from .. import symbols
from ..cli.helpers import call, error
from ..training.helpers import call_at_batch, outcome

MODEL, DATASET = "tests.symbols:SymbolVAE", "tests.symbols:brackets"
SMALL = ("--dataset", DATASET, "--epochs", 2, "--latent", 3)


def config(**changes: Any) -> RunConfig:
    settings: dict[str, Any] = {"model": MODEL, "dataset": DATASET, "epochs": 2}
    return RunConfig(**settings | changes)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that the command line started."""
    folder = tmp_path_factory.mktemp("symbols") / "run"
    shown = call("train", MODEL, *SMALL, "--out", folder).output
    assert "nats/sequence after epoch 2" in shown
    return folder


# ---------------------------------------------------------------------------------- from Python


def test_the_data_decide_length_and_symbols_and_the_configuration_says_so(tmp_path: Path) -> None:
    made = train(config(), tmp_path, progress=False).config
    assert made.model == MODEL
    assert made.model_config == {
        "length": 8, "symbols": 8, "hidden": [64], "latent": 8, "beta": 1.0,
    }  # fmt: skip
    assert RunConfig.from_json((tmp_path / "config.json").read_text()) == made


def test_it_learns(tmp_path: Path) -> None:
    run = train(config(epochs=8, learning_rate=3e-3), tmp_path, progress=False, pictures=False)
    losses = [record["test"]["loss"] for record in run.history]
    assert losses[-1] < losses[0] - 0.5
    assert losses[0] < symbols.LENGTH * math.log(len(symbols.SYMBOLS))


def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(), tmp_path / "whole", progress=False, pictures=False)
    with monkeypatch.context() as patch:
        call_at_batch(patch, 11, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config(), tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_a_run_shows_itself_as_text(run: Path) -> None:
    names = {file.name for file in (run / "samples").iterdir()}
    assert names >= {"epoch-0001.txt", "epoch-0002.txt", "reconstructions.txt", "losses.png"}
    assert "samples.gif" not in names
    drawn = (run / "samples" / "epoch-0002.txt").read_text().split()
    assert len(drawn) == 10
    for word in drawn:
        assert len(word) == 8
        assert set(word) <= set(symbols.SYMBOLS)


def test_its_curves_are_in_its_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units: list[str] = []
    monkeypatch.setattr(viz, "save_curves", lambda *_, **words: units.append(words["unit"]))
    train(config(epochs=1), tmp_path, progress=False)
    assert units == ["nats/sequence"]


def test_models_and_data_of_different_kinds_do_not_go_together(tmp_path: Path) -> None:
    for model, dataset, words in (
        (MODEL, "digits", f"{MODEL} takes sequences; digits holds images"),
        ("vae", "ring", "vae takes images; ring holds points"),
        ("gan", DATASET, f"gan takes images or points; {DATASET} holds sequences"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            train(config(model=model, dataset=dataset), tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_only_images_are_made_binary() -> None:
    with pytest.raises(ConfigurationError, match="has sequences, not pixels: leave it 'none'"):
        load_examples(config(binarize="static"), "train")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("model", "tests.symbols:Absent", "model: unknown model 'tests.symbols:Absent'"),
        ("model", "tests.symbols:brackets", "is no minigen.models.Model"),
        ("dataset", "tests.absent:brackets", "dataset: unknown data set 'tests.absent:brackets'"),
    ],
)
def test_what_is_not_there_is_told(name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        config(**{name: value})


# ------------------------------------------------------------------------ from the command line


def test_options_are_the_models_own(run: Path, tmp_path: Path) -> None:
    shown = " ".join(call("train", MODEL, "--help").output.split())
    assert "Features of the encoder's hidden layer. [default: 64]" in shown
    assert "--warmup" not in shown
    message = error("train", MODEL, *SMALL, "--warmup", 1, "--out", tmp_path, status=2)
    assert message == f"--warmup: the model {MODEL!r} has no such option"
    assert json.loads((run / "config.json").read_text())["model_config"]["latent"] == 3


def test_samples_are_printed_and_written(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "words.txt"
    *printed, path = call("sample", run, "--count", 5, "--out", out).output.splitlines()
    assert path == str(out)
    assert out.read_text().splitlines() == printed
    model: Any = load_model(run)
    assert len(printed) == 5
    assert call("sample", run, "--count", 5).output.splitlines()[:-1] == printed
    assert model.sample(2).shape == (2, 8, 8)
    message = error("sample", run, "--out", "words.png", status=2)
    assert "a name that ends in .txt, .npz is expected, got 'words.png'" in message


def test_it_is_evaluated(run: Path) -> None:
    values = json.loads(call("evaluate", run, "--json", "--generated", 50).output)
    assert list(values) == ["negative_elbo", "reconstruction", "kl", "active_units", "samples"]
    assert values["samples"]["real"] == {"balanced": 1.0}
    assert 0 <= values["samples"]["generated"]["balanced"] < 1
    shown = " ".join(call("evaluate", run, "--generated", 50).output.split())
    assert "on 200 test sequences of" in shown
    assert "nats/sequence" in shown
    assert "share whose brackets are balanced" in shown
    assert "has no likelihood" in error("evaluate", run, "--samples", 2, status=2)


def test_reconstructions_and_walks_are_written(run: Path) -> None:
    for command, lines in (
        (("reconstruct", "--count", 4), 1 + 4),
        (("interpolate", "--count", 2, "--steps", 3), 1 + 2),
        (("traverse", "--steps", 3), 2 + 3),
    ):
        name, *options = command
        file = Path(call(name, run, *options).output.splitlines()[-1])
        assert file == run / "samples" / f"{name}.txt"
        assert len(file.read_text().splitlines()) == lines


def test_a_new_run_takes_the_place_of_the_old_ones_files(tmp_path: Path) -> None:
    call("train", MODEL, *SMALL, "--out", tmp_path)
    call("train", MODEL, *SMALL, "--epochs", 1, "--out", tmp_path, "--overwrite")
    assert not (tmp_path / "samples" / "epoch-0002.txt").exists()


@pytest.mark.host_only("the stand-in does not reach another process")
def test_the_file_is_found_where_one_stands(tmp_path: Path) -> None:
    shutil.copy(symbols.__file__, tmp_path / "mine.py")

    def minigen(*arguments: str) -> str:
        program = "import sys; sys.path.remove(''); from minigen.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        return done.stdout

    settings = ("--dataset", "mine:brackets", "--epochs", "1")
    minigen("train", "mine:SymbolVAE", *settings)
    run = "runs/SymbolVAE-brackets-seed-0"
    assert len(minigen("sample", run, "--count", "3").splitlines()) == 4
    assert minigen("train", "--resume", run).partition("test loss")[0] == ""


def test_ctrl_c_saves_as_with_any_other_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        call_at_batch(patch, 11, lambda: signal.raise_signal(signal.SIGINT))
        shown = call("train", MODEL, *SMALL, "--out", tmp_path / "stopped", status=130).output
    assert f"minigen train --resume {tmp_path / 'stopped'}" in shown
    call("train", "--resume", tmp_path / "stopped")
    call("train", MODEL, *SMALL, "--out", tmp_path / "whole")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
