from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigen import data

from .helpers import call, error


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of sevens whose code has places, so that it takes pictures of any size."""
    folder = tmp_path_factory.mktemp("detection") / "run"
    call("train", "anomaly", "--normal-class", 7, "--channels", "8,8", "--smoothing", 0.8,
         "--validation", 40, "--steps", 32, "--lr", 0.02, "--out", folder)  # fmt: skip
    return folder


def grey(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def test_what_is_bad_is_marked_red_and_scored_above_the_threshold(
    run: Path, tmp_path: Path
) -> None:
    digits = data.load("digits")
    seven = digits.images[digits.labels == 7][0, 0] * (255 / digits.maximum)
    good = grey(tmp_path / "good.png", seven)
    pixels = np.zeros((11, 14))
    pixels[2:9, 2:9] = np.indices((7, 7)).sum(axis=0) % 2 * 255
    bad = grey(tmp_path / "bad.png", pixels)
    out = tmp_path / "new"
    said = json.loads(
        call("detect", run, good, bad, "--quantile", 1, "--out", out, "--json").stdout
    )
    verdicts = {Path(each["file"]).name: each for each in said["pictures"]}
    assert verdicts["good.png"]["score"] < said["threshold"] < verdicts["bad.png"]["score"]
    assert [each["bad"] for each in said["pictures"]] == [False, True]
    with Image.open(verdicts["bad.png"]["marked"]) as picture:
        assert (picture.size, picture.mode) == ((14, 11), "RGB")
        red, green, _ = np.asarray(picture).astype(int).transpose(2, 0, 1)
    assert (red - green)[3:8, 3:8].max() > 50
    with (out / "scores.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [float(row["score"]) for row in rows] == [each["score"] for each in said["pictures"]]


def test_a_folder_is_taken_whole_and_the_pictures_stand_beside(run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        Image.new("RGB", (9, 6), "white").save(tmp_path / f"{name}.png")
    said = call("detect", run, tmp_path, "--beside", "--quantile", 0).output.splitlines()
    assert [line.split(":")[0] for line in said] == [
        str(run / "detected" / f"{name}.png") for name in ("a", "b")
    ]
    assert all("above the threshold" in line for line in said)
    with Image.open(run / "detected" / "a.png") as picture:
        assert picture.size == (27, 6)


def test_without_pictures_those_of_the_test_are_drawn(run: Path) -> None:
    path = run / "samples" / "detections.png"
    assert call("detect", run).output.strip() == str(path)
    assert path.exists()
    call("reconstruct", run)
    assert (run / "samples" / "reconstructions.png").exists()


def test_detection_is_evaluated_beside_what_needs_no_network(run: Path) -> None:
    report = json.loads(call("evaluate", run, "--json").stdout)["detection"]
    assert (report["good"], report["bad"]) == (38, 344)
    assert len(report["outcomes"]) == 5
    assert len(report["outcomes"]["the model"]["by_kind"]) == 9
    shown = " ".join(call("evaluate", run).output.split())
    assert "anomaly on 38 good and 344 bad test pictures of digits" in shown
    assert "hardest kind" in shown


def test_a_likelihood_is_evaluated_as_a_score_too(tmp_path: Path) -> None:
    call("train", "vae", "--hidden", 8, "--normal-class", 7, "--steps", 3, "--out", tmp_path / "v")
    report = json.loads(call("evaluate", tmp_path / "v", "--json").stdout)
    assert list(report["detection"]["outcomes"]) == ["negative ELBO"]


def test_what_can_not_be_looked_at_is_named(run: Path, vae: Path, tmp_path: Path) -> None:
    picture = grey(tmp_path / "a.png", np.zeros((6, 6)))
    assert "finds no defects: train anomaly" in error("detect", vae, picture, status=1)
    assert "for pictures of yours" in error("detect", run, "--json", status=2)
    assert "'--quantile'" in error("detect", run, picture, "--quantile", 2, status=2)
    dense = tmp_path / "dense"
    call("train", "anomaly", "--channels", 8, "--code", 2, "--steps", 1, "--out", dense)
    result = call("detect", dense, grey(tmp_path / "b.png", np.zeros((8, 8))))
    assert "hold some out in training (--validation)" in " ".join(result.stderr.split())
    assert "does not fit the model" in error("detect", dense, picture, status=1)
    assert "digits has no bad test pictures to show" in error("detect", dense, status=2)
    message = error("train", "anomaly", "--normal-class", 12, "--out", tmp_path / "no", status=2)
    assert "a class from 0 to 9 is expected, as digits has, got 12 (--normal-class)" in message
    assert not (tmp_path / "no").exists()
