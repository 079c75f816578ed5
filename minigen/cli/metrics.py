"""``minigen metrics``: what was measured after each epoch of a run."""

from __future__ import annotations

from pathlib import Path

import click

from minigen.cli import options


@click.command()
@options.run_folder
@click.option("--csv", "as_csv", is_flag=True, help="Write all values as CSV, for other programs.")
def metrics(folder: Path, as_csv: bool) -> None:
    """Show what was measured after each epoch of the run in DIR, finished or not.

    These are the averages of the terms of the loss over the training and the test examples. CSV has
    all values with all their digits, also those that tell how a GAN's training stands:
    minigen metrics DIR --csv > metrics.csv
    """
    from minigen.training import RunFolder
    from minigen.training.history import table, to_csv

    history = RunFolder(folder).read_history()
    click.echo(to_csv(history) if as_csv else table(history), nl=not as_csv)
