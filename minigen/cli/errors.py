"""What goes wrong, in a line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C stopped: 128 and SIGINT's number."""


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Tell the errors that a user can mend in a line, without a traceback.

    Raises
    ------
    click.UsageError
        For a configuration that can't be; exit status 2.
    click.ClickException
        For everything else that lies outside the program; exit status 1.
    SystemExit
        With status 130, after Ctrl-C.
    """
    from minigen.data import DataError
    from minigen.engine.backend import DeviceError
    from minigen.training.errors import (
        ConfigurationError,
        DivergenceError,
        RunError,
        TrainingInterrupted,
    )

    try:
        yield
    except TrainingInterrupted as stop:
        click.echo(str(stop), err=True)
        raise SystemExit(INTERRUPTED) from stop
    except KeyboardInterrupt as stop:
        click.echo("stopped at once, without saving", err=True)
        raise SystemExit(INTERRUPTED) from stop
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except BrokenPipeError:
        raise  # whoever read the output has had enough: click knows what to do
    except (DataError, DeviceError, DivergenceError, RunError, OSError) as error:
        raise click.ClickException(str(error)) from error
