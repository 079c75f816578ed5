"""``minigen detect``: what is wrong with pictures of one's own, marked, with a score for each."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from minigen.cli import files, options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad

if TYPE_CHECKING:
    import numpy.typing as npt

    Pictures = npt.NDArray[np.float32]

SHOWN: Final = 10
"""How many test pictures are drawn, where no others are named."""

LEARNT_FROM: Final = 1000
"""How many good pictures say what is usual."""

RED: Final = (1.0, 0.1, 0.1)


@dataclass(frozen=True)
class Verdict:
    """What is said of a picture: its file, the file where it is marked, its score, and whether bad.

    It is bad if its score is above the threshold.
    """

    file: str
    marked: str
    score: float
    bad: bool


@dataclass(frozen=True)
class Usual:
    """What is usual of good pictures: the threshold of scores, and that of single pixels."""

    threshold: float
    pixel: float

    @classmethod
    def of(cls, run: Trained, quantile: float) -> Usual:
        """Score good pictures: those that the run held out, or else some of those it learnt from.

        The share `quantile` of them stays below the threshold of scores, and with all their pixels
        below that of pixels.
        """
        from minigen import metrics

        if not run.config.validation:
            options.tell(
                "the threshold is of training pictures, with which the model does better: hold "
                "some out in training (--validation)"
            )
        good = run.examples("validation" if run.config.validation else "train").images
        maps = metrics.anomaly_maps(run.model, good[:LEARNT_FROM])
        scores = np.asarray(run.model.anomaly_scores(maps))
        highest = maps.reshape(len(maps), -1).max(axis=1)
        return cls(*(float(np.quantile(each, quantile)) for each in (scores, highest)))

    def mark(self, pictures: Pictures, maps: Pictures) -> Pictures:
        """Return pictures in colour, the redder the farther above half the threshold of pixels."""
        share = 0.7 * np.clip(maps / self.pixel - 0.5, 0, 1)
        coloured = np.broadcast_to(pictures, (len(pictures), 3, *pictures.shape[2:]))
        red = np.array(RED, np.float32).reshape(3, 1, 1)
        marked: Pictures = (coloured + share * (red - coloured)).astype(np.float32)
        return marked


@click.command()
@options.run_folder
@click.argument("pictures", metavar="[PICTURE]...", nargs=-1, type=options.DataPath())
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    help="The folder of the marked pictures, each under its own name, and of scores.csv; it is "
    "made.  [default: DIR/detected of the run]",
)
@click.option(
    "--quantile",
    type=options.FiniteRange(0, 1),
    default=0.99,
    show_default=True,
    help="Which share of good pictures, held out in training, is to stay below the threshold.",
)
@click.option(
    "--beside",
    is_flag=True,
    help="Show, at the left of each, the picture and what the model makes of it.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@options.device
def detect(
    folder: Path,
    pictures: tuple[Path, ...],
    out: Path | None,
    quantile: float,
    beside: bool,
    as_json: bool,
    device: str | None,
) -> None:
    """Find defects in pictures with the model of the run in DIR, and mark them in red.

    A PICTURE is a file (PNG, JPEG, BMP, GIF, WebP or TIFF), or a folder of them, of any size unless
    the model has a dense code. Without any, test pictures are drawn, into the run's samples: as
    they are, as the model makes them, marked, and what really is wrong with them.
    """
    run = Trained.load(folder, device)
    run.ability("anomaly_maps", "finds no defects: train anomaly")
    if not pictures:
        if out is not None or beside or as_json:
            raise click.UsageError("PICTURE: --out, --beside and --json are for pictures of yours")
        click.echo(_draw_test(run, quantile))
        return
    found = files.find_files(pictures)
    read = {file: files.read_picture(file, run.model.image_shape[0]) for file in found}
    usual = Usual.of(run, quantile)
    place = out or folder / "detected"
    verdicts = [
        _judged(run, usual, file, given, place / f"{file.stem}.png", beside)
        for file, given in read.items()
    ]
    _write_table(place / "scores.csv", verdicts)
    if as_json:
        rows = [asdict(verdict) for verdict in verdicts]
        click.echo(json.dumps({"threshold": usual.threshold, "pictures": rows}))
        return
    for verdict in verdicts:
        side = "above" if verdict.bad else "below"
        click.echo(
            f"{verdict.marked}: {verdict.score:.4g}, {side} the threshold {usual.threshold:.4g}"
        )


def _judged(
    run: Trained, usual: Usual, file: Path, given: Pictures, path: Path, beside: bool
) -> Verdict:
    """Score a picture, and write it marked."""
    try:
        good, maps = _compared(run, given)
    except ValueError as error:
        raise click.ClickException(f"{file} does not fit the model: {error}") from error
    marked = usual.mark(given, maps)
    shown = [_in_colour(given), _in_colour(good), marked] if beside else [marked]
    files.write_picture(run, path, *shown)
    score = float(np.asarray(run.model.anomaly_scores(maps))[0])
    return Verdict(str(file), str(path), score, score > usual.threshold)


def _compared(run: Trained, given: Pictures) -> tuple[Pictures, Pictures]:
    """Return what the model makes of pictures, and its maps, on the host."""
    from minigen.models.restoration import restore_in_tiles

    seen, model = to_device(given, run.config.device), run.model
    with no_grad():
        good: Any = model.undo(seen) if model.judges_as_a_whole else restore_in_tiles(model, seen)
        return good.numpy(), model.anomaly_maps(seen, good).numpy()


def _in_colour(pictures: Pictures) -> Pictures:
    return np.broadcast_to(pictures, (len(pictures), 3, *pictures.shape[2:]))


def _write_table(path: Path, verdicts: list[Verdict]) -> None:
    """Write all verdicts as CSV."""
    from minigen.files import write_atomically

    text = io.StringIO()
    writer = csv.DictWriter(text, list(asdict(verdicts[0])), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(verdict) for verdict in verdicts)
    write_atomically(options.place(path), text.getvalue().encode())


def _draw_test(run: Trained, quantile: float) -> Path:
    """Draw good and bad test pictures into the run's samples, and return the file."""
    from minigen import viz
    from minigen.data import Defects
    from minigen.training import load_data

    dataset = load_data(run.config, "test")
    if not isinstance(dataset, Defects) or not dataset.bad.any():
        raise click.UsageError(
            f"PICTURE: name one at least: {run.config.dataset} has no bad test pictures to show"
        )
    kinds = [np.flatnonzero(dataset.labels == kind) for kind in range(len(dataset.classes))]
    turns = max(map(len, kinds))
    chosen = np.array([kind[turn] for turn in range(turns) for kind in kinds if turn < len(kind)])
    chosen = np.sort(chosen[:SHOWN])
    given = dataset.scaled()[chosen]
    good, maps = _compared(run, given)
    rows = {
        "picture": _in_colour(given),
        "model": _in_colour(good),
        "marked": Usual.of(run, quantile).mark(given, maps),
    }
    if dataset.masks is not None:
        rows["defect"] = _in_colour(dataset.masks[chosen].astype(np.float32))
    path = options.place(run.file(None, "detections"))
    title = f"{run.config.model} on {run.config.dataset}: test pictures"
    viz.save_image_rows(path, rows, title=title)
    return path
