"""``minigen clinic``: mistakes that are seen in the wild, and the check that names each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from minigen.clinic import Mistake


@click.command()
@click.argument("number", type=int, required=False)
def clinic(number: int | None) -> None:
    """Show mistake NUMBER, wrong beside right, with what a check measures of both.

    Without NUMBER all are listed. The check is run there and then, on the wrong code, on the same
    lines mended, and on what minigen does in their place. The exit status is 1 if it finds anything
    but the mistake.
    """
    from rich.console import Console

    from minigen.clinic import MISTAKES, find

    console = Console(highlight=False)
    if number is None:
        _list(MISTAKES, console)
        return
    try:
        mistake = find(number)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'NUMBER'") from error
    if not _show(mistake, console):
        raise SystemExit(1)


def _list(mistakes: tuple[Mistake, ...], console: Console) -> None:
    """Write a table of all mistakes."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right")
    table.add_column("mistake", overflow="fold")
    table.add_column("lesson")
    for mistake in mistakes:
        table.add_row(str(mistake.number), mistake.title, mistake.lesson)
    console.print(table)
    console.print(f"\nminigen clinic {mistakes[0].number} shows the first, and what names it.")


def _show(mistake: Mistake, console: Console) -> bool:
    """Write a mistake; return whether the check finds it, and nothing else."""
    from rich.markup import escape
    from rich.syntax import Syntax
    from rich.table import Table

    from minigen.clinic.mistake import source_of

    console.print(f"[bold]{mistake.number}. {mistake.title}[/]\n")
    for title, code in (("wrong", mistake.wrong), ("right", mistake.right)):
        console.print(f"[bold]{title}[/]")
        console.print(Syntax(source_of(code), "python", theme="ansi_dark", word_wrap=True))
        console.print()
    findings = mistake.findings()
    table = Table("measured", box=None, pad_edge=False, header_style="bold")
    for whose in findings:
        table.add_column(whose, justify="right")
    for name in dict.fromkeys(name for found in findings.values() for name in found.measured):
        table.add_row(name, *(_cell(found.measured.get(name)) for found in findings.values()))
    table.add_row(
        "verdict",
        *("[bold red]WRONG[/]" if f.fault else "[green]right[/]" for f in findings.values()),
    )
    console.print(table)
    console.print()
    more = f"lesson {mistake.lesson}"
    if mistake.derivation:
        more += f", minigen explain {mistake.derivation}"
    for title, text in {
        "The check says": f"{findings['wrong'].fault or 'nothing'}.",
        "The symptom": mistake.symptom,
        "The cure": mistake.cure,
        "More": more,
    }.items():
        console.print(f"[bold]{title}:[/] {escape(text)}")
    return {whose for whose, found in findings.items() if found.fault} == {"wrong"}


def _cell(value: float | str | None) -> str:
    """Return what was measured as a table shows it."""
    from rich.markup import escape

    if value is None:
        return ""
    return escape(value) if isinstance(value, str) else f"{value:.4g}"
