"""The command line: ``minigen demo``, ``minigen train``, ``minigen sample`` and so on.

A command is a file here, and a line in `COMMANDS`. What a command needs besides click it imports
when it runs, so that ``minigen --help`` answers at once.
"""

import click

from minigen import keep_freed_memory
from minigen._version import __version__
from minigen.cli.demo import demo
from minigen.cli.errors import plain_errors
from minigen.cli.evaluate import evaluate
from minigen.cli.exercise import exercise
from minigen.cli.explain import explain
from minigen.cli.gradcheck import gradcheck
from minigen.cli.info import info
from minigen.cli.interpolate import interpolate
from minigen.cli.lessons import lessons
from minigen.cli.reconstruct import reconstruct
from minigen.cli.sample import sample
from minigen.cli.train import train
from minigen.cli.traverse import traverse

COMMANDS: tuple[click.Command, ...] = (
    demo,
    train,
    sample,
    reconstruct,
    interpolate,
    traverse,
    evaluate,
    gradcheck,
    lessons,
    exercise,
    explain,
    info,
)


class Commands(click.Group):
    """The commands, whose errors are told in a line, in the order in which they are listed."""

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
    keep_freed_memory()


__all__ = ["COMMANDS", "main"]
