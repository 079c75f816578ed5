from __future__ import annotations

from pathlib import Path

import click
import pytest

import minigen
from minigen.cli import plain_errors
from minigen.data import MissingDataError
from minigen.training import ConfigurationError, RunError, TrainingInterrupted


@pytest.mark.parametrize(
    "error", [MissingDataError, minigen.DeviceError, RunError, FileNotFoundError, PermissionError]
)
def test_what_lies_outside_the_program_is_told_with_status_1(error: type[Exception]) -> None:
    with pytest.raises(click.ClickException, match="what happened") as told, plain_errors():
        raise error("what happened")
    assert told.value.exit_code == 1


def test_an_impossible_configuration_is_told_with_status_2() -> None:
    with pytest.raises(click.UsageError, match="what was asked") as told, plain_errors():
        raise ConfigurationError("what was asked")
    assert told.value.exit_code == 2


def test_ctrl_c_ends_with_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, plain_errors():
        raise KeyboardInterrupt
    assert ended.value.code == 130
    assert "without saving" in capsys.readouterr().err


def test_a_run_that_was_stopped_and_saved_ends_with_status_130_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended, plain_errors():
        raise TrainingInterrupted(Path("run"), Path("run/checkpoints/epoch-0001.safetensors"))
    assert ended.value.code == 130
    assert capsys.readouterr().err == (
        f"stopped; saved {Path('run/checkpoints/epoch-0001.safetensors')}. "
        "Resume with: minigen train --resume run\n"
    )


@pytest.mark.parametrize("error", [BrokenPipeError, ZeroDivisionError, ValueError])
def test_faults_of_the_program_are_not_hidden(error: type[Exception]) -> None:
    with pytest.raises(error), plain_errors():
        raise error
