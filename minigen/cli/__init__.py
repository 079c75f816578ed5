"""The command line: ``minigen demo``, ``minigen train``, ``minigen sample`` and so on.

A command is a line in `COMMANDS`. What it needs besides click it imports when it runs, so that
``minigen --help`` answers at once.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any, Final

import click

from minigen import keep_freed_memory
from minigen._version import __version__
from minigen.cli.clinic import clinic
from minigen.cli.data import data
from minigen.cli.demo import demo
from minigen.cli.detect import detect
from minigen.cli.enhance import enhance
from minigen.cli.evaluate import evaluate
from minigen.cli.explain import explain
from minigen.cli.gradcheck import gradcheck
from minigen.cli.info import info
from minigen.cli.inpaint import inpaint
from minigen.cli.lessons import exercise, lessons
from minigen.cli.metrics import metrics
from minigen.cli.pictures import interpolate, reconstruct, traverse
from minigen.cli.predict import predict
from minigen.cli.reproduce import reproduce
from minigen.cli.sample import sample
from minigen.cli.train import train
from minigen.cli.translate import translate
from minigen.engine.choice import kernels

COMMANDS: tuple[click.Command, ...] = (
    demo,
    data,
    train,
    sample,
    reconstruct,
    interpolate,
    traverse,
    enhance,
    inpaint,
    translate,
    predict,
    detect,
    evaluate,
    metrics,
    reproduce,
    gradcheck,
    lessons,
    exercise,
    clinic,
    explain,
    info,
)

INTERRUPTED: Final = 130
"""The exit status of a program that Ctrl-C stopped: 128 and SIGINT's number."""


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Tell the errors that a user can mend in a line, without a traceback.

    A configuration that can't be has the exit status 2, as a `click.UsageError`; everything else
    that lies outside the program, 1, as a `click.ClickException`; and Ctrl-C, 130.
    """
    from minigen.data import DataError
    from minigen.distributed import DistributedError
    from minigen.engine.allocator import AllocatorError
    from minigen.engine.backend import DeviceError
    from minigen.engine.choice import KernelsError
    from minigen.engine.parallel import ThreadsError
    from minigen.kinds import KindError
    from minigen.training import (
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
    except MemoryError as error:
        raise click.ClickException(f"there is not enough memory: {error}") from error
    except BrokenPipeError:
        raise  # whoever read the output has had enough: click knows what to do
    except (
        AllocatorError,
        DataError,
        DeviceError,
        DistributedError,
        DivergenceError,
        KernelsError,
        KindError,
        RunError,
        ThreadsError,
        OSError,
    ) as error:
        raise click.ClickException(str(error)) from error


class Commands(click.Group):
    """The commands, whose errors are told in a line, in the order in which they are listed."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments; what the output's code page lacks becomes a question mark."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        with plain_errors():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands' names as they were registered, not sorted."""
        return list(self.commands)


@click.group(
    cls=Commands,
    commands={command.name: command for command in COMMANDS if command.name},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="minigen")
def main() -> None:
    """Deep generative models from scratch: train them, look at them, check their gradients."""
    kernels()  # an error in the environment shows before there is a folder
    keep_freed_memory()  # for commands without a backward pass, too


__all__ = ["COMMANDS", "main"]
