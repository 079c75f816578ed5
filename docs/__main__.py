"""The command ``python -m docs``: the site, its moving figures, its translations."""

from __future__ import annotations

import click

from docs.website import building


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build the site, open it, make what its moving figures show, or look after translations."""


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


@main.command("translations")
def translations_() -> None:
    """Bring catalogues and Chinese files up to date; list what has no translation of its text."""
    from docs.website import chinese

    chinese.update()
    missing = list(chinese.missing())
    for name, text in missing:
        click.echo(f"{name}: {text}")
    click.echo(f"{len(missing)} messages want translating, in docs/locales")
    raise SystemExit(1 if missing else 0)


@main.command("figures")
@click.argument("names", nargs=-1)
def figures_(names: tuple[str, ...]) -> None:
    """Train what the moving figures NAMES show, or all of them, and save it with the sources."""
    from docs import moving

    known = moving.figures()
    if unknown := set(names) - set(known):
        raise click.UsageError(
            f"there is no figure {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
    for name in names or known:
        moving.save(name, known[name]())
        click.echo(f"{moving.FOLDER / name}.json")


if __name__ == "__main__":
    main(prog_name="python -m docs")
