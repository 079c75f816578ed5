"""The program, run in this process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from minigen.cli import main

SMALL = ("--hidden", "8", "--latent", "2", "--epochs", "1")
"""Settings of a run that takes a fraction of a second."""


def call(*arguments: object, status: int = 0) -> Result:
    """Run ``minigen`` with arguments, and expect an exit status."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == status, (result.output, result.exception)
    assert "Traceback" not in result.output
    return result


def error(*arguments: object, status: int) -> str:
    """Run ``minigen`` with arguments that fail, and return the line that says why."""
    lines = call(*arguments, status=status).output.splitlines()
    (line,) = [line for line in lines if line.startswith("Error: ")]
    return line.removeprefix("Error: ")
