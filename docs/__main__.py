"""The command ``python -m docs``: build the site, and open it."""

from __future__ import annotations

import click

from docs.website import building


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build the site, or open it."""


@main.command()
@click.option("--fresh", is_flag=True, help="Forget what was built before.")
def build(fresh: bool) -> None:
    """Build the site into docs/_build/html; every warning is an error."""
    status = building.build(fresh=fresh)
    if status == 0:
        click.echo(f"the site: {building.HTML / 'index.html'}")
    raise SystemExit(status)


@main.command("open")
def open_() -> None:
    """Open the site in a browser."""
    start = building.HTML / "index.html"
    if not start.is_file():
        raise click.UsageError("there is no site yet: run `python -m docs build`")
    click.launch(start.as_uri())


if __name__ == "__main__":
    main(prog_name="python -m docs")
