"""``minigen gradcheck``: every gradient of the library, against finite differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from minigen.cli import options

if TYPE_CHECKING:
    from minigen.catalogue import Case
    from minigen.checker import GradReport


@click.command()
@click.argument("name", metavar="[OP]", required=False)
@options.order
@options.device_from_the_start
def gradcheck(name: str | None, order: int, device: str) -> None:
    """Check the gradients of every op, loss, layer and model; or of the one called OP.

    Each is compared with finite differences in float64, at inputs away from kinks. The exit status
    is 1 if any check fails.
    """
    from tqdm import tqdm

    cases = _cases(name)
    reports = [case.check(order, device) for case in tqdm(cases, unit="check", leave=False)]
    _show(cases, reports, order)
    failures = [report for report in reports if not report]
    for report in failures:
        click.echo(f"\n{report}")
    if failures:
        raise SystemExit(1)


def _cases(name: str | None) -> Sequence[Case]:
    from minigen import catalogue

    if name is None:
        return catalogue.CASES
    try:
        return catalogue.find(name)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _show(cases: Sequence[Case], reports: Sequence[GradReport], order: int) -> None:
    """Write a table with a row a check, and a line that sums them up."""
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", "what", "input shapes", box=None, header_style="bold", pad_edge=False)
    table.add_column("worst relative error", justify="right")
    table.add_column("order", justify="right")
    table.add_column("verdict")
    for case, report in zip(cases, reports, strict=True):
        verdict = "[green]right[/]" if report else "[bold red]WRONG[/]"
        error = f"{report.worst_relative_error:.1e}"
        table.add_row(case.kind, case.title, _shapes(case), error, str(order), verdict)
    console = Console(highlight=False)
    console.print(table)
    worst = max(report.worst_relative_error for report in reports)
    right = sum(map(bool, reports))
    console.print(f"\n{right} of {len(reports)} right, worst relative error {worst:.1e}")


def _shapes(case: Case) -> str:
    """Return the shapes of the inputs, such as ``3x4, 4``; a model's parameters are counted."""
    shapes = [_shape(array) for array in case.draw()]
    return (
        ", ".join(shapes) if len(shapes) <= 4 else f"{', '.join(shapes[:2])}, ... ({len(shapes)})"
    )


def _shape(array: Any) -> str:
    return "x".join(map(str, array.shape)) or "scalar"
