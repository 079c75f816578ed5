"""``minigen predict``: how clips go on, those of one's own or of the data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import numpy as np

from minigen.cli import options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device, to_numpy
from minigen.engine.modes import no_grad

if TYPE_CHECKING:
    import numpy.typing as npt

    from minigen.data.pictures import PictureClip

    Pixels = npt.NDArray[np.float32]

GAP: Final = 2
"""How many pixels lie between truth and prediction."""

GREY, WHITE = 0.35, 1.0
"""How bright they are while frames are shown that the model sees, and then."""


@click.command()
@options.run_folder
@click.argument("clips", metavar="[CLIP]...", nargs=-1, type=options.DataPath())
@click.option(
    "--frames",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="How many frames are predicted.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    help="The folder of the GIFs, each under its clip's name; it is made.  "
    "[default: DIR/predicted of the run]",
)
@click.option(
    "--beside",
    is_flag=True,
    help="Predict the last frames of a clip from those before, and show what they were at the left "
    "of what was predicted.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 100),
    help="How many test clips are taken, if no CLIP is named.  [default: 10]",
)
@options.device
def predict(
    folder: Path,
    clips: tuple[Path, ...],
    frames: int,
    out: Path | None,
    beside: bool,
    count: int | None,
    device: str | None,
) -> None:
    """Predict how clips go on with the model of the run in DIR.

    A CLIP is an animation (GIF, WebP, PNG or TIFF), a folder of pictures that follow one another by
    the numbers in their names, or a folder of GIFs and of such folders; of any size. A GIF is
    written for each, with the frames that the model sees and those that it predicts. A model of
    grey frames predicts red, green and blue one by one. Without a CLIP the first test clips of the
    run's data are taken, and what followed is shown beside each.
    """
    run = Trained.load(folder, device)
    run.ability("predict", "predicts no frames: train frame-prediction")
    if clips and count is not None:
        raise click.UsageError("--count: it is for test clips; here clips are named")
    beside = beside or not clips
    given = list(_own(run, clips) if clips else _of_tests(run, count or 10))
    _expect_frames(given, run.model.foresight.context, frames if beside else 0)
    for name, clip in given:
        path = (out or folder / "predicted") / f"{name}.gif"
        _write(run, path, clip, frames, beside)
        click.echo(path)


def _expect_frames(given: Sequence[tuple[str, Pixels]], context: int, held_out: int) -> None:
    """Refuse clips with too few frames, before anything is written."""
    for name, clip in given:
        if clip.shape[1] < context + held_out:
            of_these = f", {context} to be seen and {held_out} to be predicted" if held_out else ""
            raise click.UsageError(
                f"CLIP: {name} has {clip.shape[1]} frames: at least {context + held_out} are "
                f"expected{of_these}"
            )


def _write(run: Trained, path: Path, clip: Pixels, frames: int, beside: bool) -> None:
    """Write the frames that are seen of a clip (N, T, C, H, W), and those that are predicted."""
    from minigen import viz

    context = run.model.foresight.context
    end = clip.shape[1] - frames if beside else clip.shape[1]
    seen = clip[:, end - context : end]
    with no_grad():
        made = run.model.predict(to_device(seen, run.config.device), frames)
    whole = np.concatenate([seen, to_numpy(made.array)], axis=1)
    if beside:
        whole = _joined(clip[:, end - context :], whole, context)
    # Channels that were taken one by one are those of one clip again.
    length, *size = whole.shape[1], *whole.shape[3:]
    viz.save_clip(options.place(path), whole.swapaxes(0, 1).reshape(length, -1, *size))


def _joined(truth: Pixels, predicted: Pixels, context: int) -> Pixels:
    """Put what followed at the left of what was predicted: the gap is white from there on."""
    gap = np.full((*truth.shape[:4], GAP), WHITE, np.float32)
    gap[:, :context] = GREY
    return np.concatenate([truth, gap, predicted], axis=4)


# ----------------------------------------------------------------------------------- the clips


def _of_tests(run: Trained, count: int) -> Iterator[tuple[str, Pixels]]:
    """Return the first test clips of the run's data, each (1, T, C, H, W) with its name."""
    for number, clip in enumerate(run.test().images[:count]):
        yield f"test-{number:03}", clip[np.newaxis]


def _own(run: Trained, paths: Sequence[Path]) -> Iterator[tuple[str, Pixels]]:
    """Read clips of one's own: (1, T, C, H, W), or of a grey model each channel (C, T, 1, H, W)."""
    from minigen.data.sources import find_clips

    grey = run.model.image_shape[0] == 1
    taken: dict[str, PictureClip] = {}
    for clip in [clip for path in paths for clip in find_clips(path)]:
        if (other := taken.setdefault(clip.name, clip)) is not clip:
            raise click.UsageError(
                f"CLIP: {other.frames[0]} and {clip.frames[0]} would both become {clip.name}.gif: "
                "take them one after the other, each with an --out of its own"
            )
        frames = _read(clip, None if grey else run.model.image_shape[0])[np.newaxis]
        yield clip.name, frames.swapaxes(0, 2) if grey else frames


def _read(clip: PictureClip, channels: int | None) -> Pixels:
    """Return the frames of a clip in [0, 1], (T, C, H, W), grey or coloured as it is if not said.

    One that can't be read is a `click.ClickException`.
    """
    from minigen.data import OwnData, scale_images
    from minigen.data.pictures import BadPictureError, reading

    try:
        with reading():
            _, frames = clip.read(OwnData(str(clip.frames[0]), channels=channels))
    except BadPictureError as error:
        raise click.ClickException(f"the clip {clip.name} {error}") from error
    return scale_images(frames)
