"""Command lines at random, sensible and not: no traceback, no hang, no success with nonsense."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias, TypeGuard

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import minigen
from minigen.cli import COMMANDS, main

from .helpers import call

SECONDS: Final = 120
"""How long a command may take, on a machine that does other things, too."""

NONSENSE: Final = ("nan", "inf", "-inf", "1e308", "", " ", "x", "9" * 45, "9" * 5000)
"""What is no value of any option that takes a number."""

Values: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Values that may make sense, and those that seldom do."""

NUMBERS: Final[Values] = (
    ("1", "2", "3", "0.5", "0.9", "7", "20", "1_0"),
    ("0", "-1", "1e-320", "2147483648", "2147483647", *NONSENSE),
)
SIZES: Final[Values] = (
    ("4", "4,3", "3,3", "8"),
    ("", "0", "4,", "-4", "nan", "2147483647", "9" * 45, "²"),
)
PATHS: Final[Values] = (
    ("new", "new/er", "new.png", "new/x.jpg", "x.npz", "vae", "gan", "pictures/other.png"),
    ("x.gif", "", "file", "file/x.png", "x" * 300),
)
NAMES: Final[Values] = (
    ("softmax", "relu", "Dense", "conv2d.grad_weight"),
    ("01", "99", "nothing", ""),
)
MODELS: Final[Values] = (
    (
        *("vae", "conv-vae", "cvae", "autoencoder", "gan", "dcgan", "vae-gan"),
        *("super-resolution", "inpainting", "anomaly"),
    ),
    ("nothing", "a:b", ""),
)
RUNS: Final[Values] = (
    ("vae", "cvae", "autoencoder", "gan", "ring", "denoising", "inpainting", "anomaly"),
    ("absent", "file", ""),
)
PICTURES: Final[Values] = (("picture.png", "pictures"), ("absent", "file", "vae", ""))
DEVICES: Final[Values] = (("cpu",), ("cuda", "tpu", ""))
EPOCHS: Final[Values] = (("1", "2", "3"), ("0", "1000001", *NONSENSE))

SMALL: Final = {"--hidden": "8", "--channels": "4", "--latent": "2", "--epochs": "1"}
"""Sizes of models of which no others are drawn."""

LEFT_OUT: Final = ("demo", "data")
"""The first trains as the command `train` does, but for long; the other asks for the network."""

SLOW: Final = (
    *("printed_digits", "printed_letters", "coloured_shapes", "coloured_shapes_64"),
    *("sprites", "glyphs", "glyphs_by_letter", "outlined_letters", "clips", "textures_weave"),
    *("textures_brick", "scenes", "tones", "grid", "two_moons"),
)
"""What makes training longer than it needs to be for a test."""


@pytest.fixture(scope="module")
def home(trained: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs in it, which the commands may change."""
    folder = tmp_path_factory.mktemp("home")
    for name, run in trained.items():
        shutil.copytree(run, folder / name)
    for name, size in (("denoising", 4), ("inpainting", 8), ("anomaly", 4)):
        call("train", name, "--channels", size, "--steps", 1, "--out", folder / name)
    (folder / "file").touch()
    (folder / "pictures").mkdir()
    for path in (folder / "picture.png", folder / "pictures" / "other.png"):
        Image.new("L", (8, 8), 200).save(path)
    return folder


@pytest.fixture
def safe(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the present one; nothing is opened, and no data are there."""
    monkeypatch.setattr(click, "launch", lambda *_: 0)
    monkeypatch.setattr(subprocess, "call", lambda *_, **_options: 0)
    monkeypatch.setenv("MINIGEN_DATA", str(home / "absent"))
    monkeypatch.chdir(home)
    return home


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Draw a command, what it is about, and some of its options; at most one value is senseless."""
    command = draw(st.sampled_from([each for each in COMMANDS if each.name not in LEFT_OUT]))
    assert command.name is not None
    wrong = draw(st.sampled_from([None, None, None, 0, 1, 2, 3]))
    about = _about(draw, command.name, wrong == 0)
    context = click.Context(command)
    if command.name == "train":
        named = about and about[0] in minigen.models.MODELS
        context.meta["minigen.cli.train.model"] = about[0] if named else None
    options = [each for each in command.get_params(context) if _is_drawn(each, wrong)]
    some = st.lists(st.sampled_from(options), max_size=3, unique_by=lambda each: each.name)
    chosen = draw(some) if options else []
    line = [command.name, *about]
    for number, option in enumerate(chosen, start=1):
        flag = draw(st.sampled_from([*option.opts, *option.secondary_opts]))
        line += [flag] if option.is_flag else [flag, draw(_values(option, wrong == number))]
    if command.name == "train" and "--resume" not in line:
        known = {flag for option in options if not option.hidden for flag in option.opts}
        for flag in [each for each in SMALL if each in known and each not in line]:
            line += [flag, SMALL[flag]]
    return line


def _is_drawn(option: click.Parameter, wrong: int | None) -> TypeGuard[click.Option]:
    """Tell whether an option is tried: of models, others' only where something is to be wrong."""
    if not isinstance(option, click.Option) or "--help" in option.opts:
        return False
    return wrong is not None or not option.hidden


def _about(draw: st.DrawFn, command: str, wrong: bool) -> list[str]:
    """Draw a command's argument, or leave it out."""
    if command in {"sample", "reconstruct", "interpolate", "traverse", "evaluate", "metrics"}:
        return [draw(st.sampled_from(RUNS[wrong]))]
    if command in {"enhance", "inpaint", "predict", "detect"}:
        return [draw(st.sampled_from(RUNS[0])), draw(st.sampled_from(PICTURES[wrong]))]
    if command == "train":
        return [draw(st.sampled_from(MODELS[wrong]))]
    if command in {"gradcheck", "explain"}:
        return [draw(st.sampled_from(NAMES[wrong]))]
    return ["01"] if command in {"lessons", "exercise"} else []


def _values(option: click.Option, wrong: bool) -> st.SearchStrategy[str]:
    """Return the values that are tried for an option: some that it takes, or some it doesn't."""
    if isinstance(option.type, click.Choice):
        known = [each for each in option.type.choices if each not in SLOW]
        return st.sampled_from(["nothing", ""] if wrong else known)
    values = NUMBERS
    if isinstance(option.type, click.Path):
        values = PATHS
    elif option.metavar == "SIZES":
        values = SIZES
    elif option.name in {"device", "epochs"}:
        values = DEVICES if option.name == "device" else EPOCHS
    return st.sampled_from(values[wrong])


@pytest.mark.slow
@pytest.mark.host_only("each command starts on the CPU, whatever the tests' backend")
@settings(
    max_examples=500,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(line=command_lines())
def test_any_command_line_ends_well_or_with_one_line_that_says_why(
    safe: Path, line: list[str]
) -> None:
    expect_a_sensible_end(safe, line)


def expect_a_sensible_end(safe: Path, line: list[str]) -> None:
    """Run a command line; its output shows what it is that is not as it should be."""
    before = {path.name for path in safe.iterdir()}
    with _Limited(SECONDS):
        result = CliRunner().invoke(main, line)
    shown = f"minigen {line}: {result.exit_code}\n{result.output[-2000:]}"
    assert "Traceback" not in result.output, shown
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        shown,
        result.exception,
    )
    assert result.exit_code in {0, 1, 2}, shown
    errors = [each for each in result.output.splitlines() if each.startswith("Error: ")]
    if result.exit_code == 0:
        assert not errors, shown
        assert not _nonsense(line), shown
    elif line[0] not in {"exercise", "gradcheck", "explain"}:  # which fail if what they check does
        assert len(errors) == 1, shown
    if result.exit_code == 2:
        assert {path.name for path in safe.iterdir()} == before, shown
    for path in safe.iterdir():
        if path.name not in before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _nonsense(line: list[str]) -> bool:
    """Tell whether an option of a command line has a value that no option takes."""
    pairs = itertools.pairwise(line)
    return any(
        flag.startswith("--") and value in NONSENSE and (flag, value) != ("--hidden", "")
        for flag, value in pairs
        if flag != "--channels"
    )


class _Limited:
    """Raise where the block is after some seconds, so that a hang has a traceback."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._outer = signal.signal(signal.SIGALRM, self._end)
        signal.alarm(self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, self._outer)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {self._seconds} seconds")
