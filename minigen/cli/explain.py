"""``minigen explain``: derivation, code and check of an op, a layer, a loss, a model, a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minigen.cli import options

if TYPE_CHECKING:
    from minigen.explanation import Explanation


@click.command()
@click.argument("name", required=False)
@click.option("--list", "list_results", is_flag=True, help="List all results, and their code.")
@click.option("--web", is_flag=True, help="Open the page in a browser.")
@click.option("--full", is_flag=True, help="Show docstrings, and the code of the page, too.")
@options.order
@options.device_from_the_start
def explain(
    name: str | None, list_results: bool, web: bool, full: bool, order: int, device: str
) -> None:
    """Show derivation, code and check of NAME.

    NAME is an op, a layer, a loss or a model (conv2d, nn.Conv2d, mse_loss, VAE), or a result of a
    derivation (conv2d.grad_weight). The code is read from its files, and the checks are run there
    and then. The exit status is 1 if any check fails.
    """
    if list_results:
        _list()
        return
    if name is None:
        raise click.UsageError("say what to explain, or --list for all results")
    from minigen.explanation import UnknownNameError
    from minigen.explanation import explain as explained

    try:
        explanation = explained(name, order=order, device=device, check=not web)
    except UnknownNameError as error:
        raise click.UsageError(str(error)) from error
    if web:
        _open(explanation)
        return
    from rich.console import Console

    from minigen.explanation.terminal import show

    show(explanation, Console(highlight=False), full=full)
    if not explanation.ok:
        raise SystemExit(1)


def _list() -> None:
    """Write a table of all results, with the page and the code of each."""
    from rich.console import Console
    from rich.table import Column, Table

    from minigen.explanation import implementers_of, page_of

    columns = [Column(heading, overflow="fold") for heading in ("result", "page", "code")]
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for identifier, page in page_of().items():
        code = [implementer.name for implementer in implementers_of().get(identifier, ())]
        table.add_row(identifier, page, "\n".join(dict.fromkeys(code)))  # two ops may share a rule
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{len(page_of())} results")


def _open(explanation: Explanation) -> None:
    """Open the site's page of a thing in a browser, at the result if it is one."""
    from minigen.explanation.site import address_of, place_of

    address = address_of(place_of(explanation))
    click.echo(address)
    click.launch(address)
