"""A folder of one's own pictures, from the first command to the last."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigen.training import RunConfig

from ..data import mixed
from ..training.helpers import call_at_batch, outcome
from .helpers import SMALL, call, error

BLACK = ("--size", 16, "--background", "black", "--image-channels", 1)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A folder of ninety mixed pictures in three classes."""
    mixed.make(tmp_path / "shapes", count=90)
    return tmp_path / "shapes"


@pytest.fixture
def run(shapes: Path, tmp_path: Path) -> Path:
    """The run of a small VAE on them."""
    folder = tmp_path / "run"
    call("train", "vae", *SMALL, "--dataset", shapes, *BLACK, "--out", folder)
    return folder


def config(folder: Path) -> RunConfig:
    return RunConfig.from_json((folder / "config.json").read_text())


def test_a_run_records_path_number_and_digest(run: Path, shapes: Path) -> None:
    found = config(run)
    assert found.dataset == "shapes"
    assert found.model_config["image_shape"] == [1, 16, 16]
    own = json.loads((run / "config.json").read_text())["own_data"]
    assert own == {
        "path": str(shapes),
        "size": [16, 16],
        "fit": "crop",
        "channels": 1,
        "background": "black",
        "layout": None,
        "test_share": 0.1,
        "bad": "refuse",
        "frames": None,
        "rate": None,
        "length": None,
        "by": "characters",
        "window": None,
        "column": None,
        "number": 90,
        "digest": own["digest"],
    }
    assert len(own["digest"]) == 64


def test_every_option_reaches_the_pictures(shapes: Path, tmp_path: Path) -> None:
    settings = "--size 24x16 --fit pad --image-channels 3 --test-share 0.3 --background #102030"
    options = ("--dataset", shapes, *settings.split(), "--bad", "skip", "--layout", "NCHW")
    (shapes / "hearts/bad.png").write_text("a text")
    shown = call("train", "vae", *SMALL, *options, "--out", tmp_path / "run").output
    assert "1 of 91 pictures can't be read: hearts/bad.png holds no picture" in shown
    own: Any = config(tmp_path / "run").own_data
    assert (own.size, own.fit, own.channels, own.test_share) == ((16, 24), "pad", 3, 0.3)
    assert (own.background, own.bad, own.layout, own.number) == ("#102030", "skip", "NCHW", 90)


def test_a_run_is_called_as_its_pictures(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shapes.parent)
    call("train", "vae", *SMALL, "--dataset", "shapes", *BLACK)
    assert Path("runs/vae-shapes-seed-0/config.json").exists()
    images = np.random.default_rng(0).random((60, 8, 8))
    np.savez("noise.npz", images=images)
    call("train", "vae", *SMALL, "--dataset", "noise.npz")
    assert config(Path("runs/vae-noise-seed-0")).dataset == "noise.npz"


def test_every_command_works_on_such_a_run(run: Path, tmp_path: Path) -> None:
    call("sample", run)
    call("reconstruct", run, "--count", 4)
    call("interpolate", run, "--count", 2)
    call("traverse", run)
    values = json.loads(call("evaluate", run, "--json", "--samples", 3).stdout)
    assert {"negative_elbo", "nll", "active_units"} <= values.keys()
    assert "on 12 test images of shapes" in call("evaluate", run).output


def test_a_conditional_model_is_told_the_classes(shapes: Path, tmp_path: Path) -> None:
    call("train", "cvae", *SMALL, "--dataset", shapes, *BLACK, "--out", tmp_path / "run")
    assert config(tmp_path / "run").model_config["classes"] == 3
    call("sample", tmp_path / "run", "--class", 2)
    assert "knows 3 classes" in error("sample", tmp_path / "run", "--class", 3, status=2)


def test_pictures_without_classes_suit_every_model_but_conditional_ones(
    shapes: Path, tmp_path: Path
) -> None:
    options = ("--dataset", shapes / "hearts", *BLACK, "--test-share", 0.3)
    for model in ("vae", "autoencoder", "gan"):
        call("train", model, *SMALL, *options, "--batch-size", 8, "--out", tmp_path / model)
        call("evaluate", tmp_path / model)
    message = error("train", "cvae", *SMALL, *options, "--out", tmp_path / "cvae", status=2)
    assert "hearts has none: pictures get classes from the sub-folders" in message
    assert not (tmp_path / "cvae").exists()


def test_pictures_that_were_moved_are_found_where_they_are_now(run: Path, shapes: Path) -> None:
    values = call("evaluate", run, "--json").stdout
    moved = shapes.rename(shapes.parent / "elsewhere")
    for command in ("evaluate", "reconstruct", "interpolate", "traverse"):
        message = error(command, run, status=1)
        assert message.startswith(f"the run's pictures are not at {shapes} any more: ")
        assert message.endswith("say where (--data PATH)")
        call(command, run, "--data", moved, *(("--count", 2) if command != "evaluate" else ()))
    assert call("evaluate", run, "--data", moved, "--json").stdout == values
    assert call("sample", run).output


def test_pictures_that_changed_are_refused(run: Path, shapes: Path) -> None:
    next((shapes / "hearts").iterdir()).unlink()
    message = error("evaluate", run, status=1)
    assert "not the pictures that the run was trained on (90 then, 89 now)" in message
    mixed.make(shapes, count=90)
    call("evaluate", run)
    Image.new("L", (40, 40)).save(next((shapes / "hearts").glob("*.bmp")))
    assert "(of 90 some differ)" in error("evaluate", run, status=1)


def test_a_run_on_other_data_has_none_that_could_have_moved(tmp_path: Path) -> None:
    call("train", "vae", *SMALL, "--out", tmp_path / "run")
    message = error("evaluate", tmp_path / "run", "--data", tmp_path, status=2)
    assert "the run is on digits, not on pictures of one's own" in message
    message = error("train", "--resume", tmp_path / "run", "--data", tmp_path, status=2)
    assert "the run is on digits" in message


def test_a_stopped_run_goes_on_to_the_same_bits_wherever_its_pictures_are(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("vae", *SMALL, "--epochs", 3, "--dataset", shapes, *BLACK, "--batch-size", 10)
    call("train", *options, "--out", tmp_path / "whole")
    with monkeypatch.context() as patch:
        call_at_batch(patch, 12, lambda: signal.raise_signal(signal.SIGINT))
        call("train", *options, "--out", tmp_path / "stopped", status=130)
    moved = shapes.rename(tmp_path / "elsewhere")
    assert "not at" in error("train", "--resume", tmp_path / "stopped", status=1)
    call("train", "--resume", tmp_path / "stopped", "--data", moved)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ((), 1, "sizes, from .* say which size they shall have, such as size=32"),
        (("--size", 0), 2, "from 1 to 1024, .*--size"),
        (("--size", "wide"), 2, "'--size': a number of pixels such as 32"),
        (("--size", 16, "--test-share", 0), 1, "none falls into the test part.*--test-share"),
        (("--size", 16, "--test-share", 1), 1, "none falls into the training part.*--test-share"),
        (("--size", 16, "--background", "sky"), 2, "background: .*--background"),
    ],
)
def test_what_cannot_be_done_is_told_before_there_is_a_folder(
    shapes: Path, tmp_path: Path, options: tuple[object, ...], status: int, message: str
) -> None:
    out = tmp_path / "run"
    shown = error(
        "train", "vae", *SMALL, "--dataset", shapes, *options, "--out", out, status=status
    )
    assert re.search(message, shown)
    assert not out.exists()


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        ("conv-vae", "30", "divisible by 4, got 30 and 30; .* images of 28x28 or 32x32"),
        ("conv-vae", "64x30", "got 30 and 64; .* images of 28x64 or 32x64 \\(height x width\\)"),
        ("dcgan", "33", "a height and width that are even, and 8 at least"),
        ("conv-autoencoder", "1", "got 1 and 1; .* images of 4x4"),
    ],
)
def test_convolutions_say_which_sizes_they_take(
    shapes: Path, tmp_path: Path, model: str, size: str, message: str
) -> None:
    options = ("--dataset", shapes, "--size", size, "--out", tmp_path / "run")
    assert re.search(message, error("train", model, *options, status=2))
    assert not (tmp_path / "run").exists()


def test_bad_files_are_refused_or_left_out_as_asked(shapes: Path, tmp_path: Path) -> None:
    (shapes / "hearts/bad.png").write_text("a text")
    options = ("vae", *SMALL, "--dataset", shapes, *BLACK, "--out", tmp_path / "run")
    message = error("train", *options, status=1)
    assert "1 of 91 pictures can't be read: hearts/bad.png holds no picture" in message
    assert "--bad skip" in message
    assert not (tmp_path / "run").exists()
    call("train", *options, "--bad", "skip")
    assert config(tmp_path / "run").own_data is not None


def test_options_for_pictures_are_refused_beside_other_data(tmp_path: Path) -> None:
    for option in (("--size", 32), ("--fit", "pad"), ("--image-channels", 3), ("--bad", "skip")):
        message = error("train", "vae", *option, "--out", tmp_path / "run", status=2)
        assert message.startswith(f"{option[0]}: digits is taken as it is")
    message = error("train", "vae", "--data", tmp_path, status=2)
    assert "--data says where a run's pictures are now, beside --resume" in message


def test_a_set_of_points_says_so_and_which_models_take_points(tmp_path: Path) -> None:
    message = error("train", "vae", "--dataset", "ring", "--out", tmp_path / "run", status=2)
    assert message == "vae takes images; ring holds points, which gan takes"


@pytest.mark.slow
@pytest.mark.host_only("the stand-in does not reach another process")
def test_three_hundred_mixed_pictures_from_data_to_samples(tmp_path: Path) -> None:
    mixed.make(tmp_path / "shapes")
    (tmp_path / "shapes/hearts/broken.png").write_bytes(b"\x89PNG")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "home")}
    program = [sys.executable, "-m", "minigen"]

    def minigen(*arguments: object) -> str:
        done = subprocess.run(
            [*program, *map(str, arguments)],
            check=True, capture_output=True, text=True, cwd=tmp_path, env=environment,
        )  # fmt: skip
        return done.stdout

    assert "hearts/broken.png" in minigen("data", "shapes", "--show", "sheet.png")
    options = "--dataset shapes --size 32 --background black --image-channels 1 --bad skip"
    settings = [*options.split(), "--epochs", "6", "--batch-size", "16", "--channels", "8,16"]
    minigen("train", "conv-vae", *settings, "--out", "whole")
    started = subprocess.Popen(
        [*program, "train", "conv-vae", *settings, "--out", "stopped"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    metrics = tmp_path / "stopped/metrics.jsonl"
    deadline = time.monotonic() + 120
    while not metrics.exists() and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=120)
    assert started.returncode == 130, said
    assert b"Resume with" in said
    shutil.move(tmp_path / "shapes", tmp_path / "elsewhere")
    minigen("train", "--resume", "stopped", "--data", "elsewhere")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
    shown = json.loads(minigen("evaluate", "stopped", "--data", "elsewhere", "--json"))
    history = [json.loads(line) for line in metrics.read_text().splitlines()]
    assert shown["negative_elbo"] < history[0]["test"]["loss"] - 20
    minigen("sample", "stopped", "--out", "samples.png")
    with Image.open(tmp_path / "samples.png") as samples:
        assert np.asarray(samples.convert("L")).std() > 5
