from __future__ import annotations

import hashlib
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from minigen import Generator, data
from minigen.metrics import TRAINED, train_features
from minigen.metrics.train_features import RECIPES, Recipe, main, measure_accuracy, train_extractor


def test_every_trained_classifier_has_a_recipe() -> None:
    assert tuple(RECIPES) == tuple(TRAINED)


def test_training_learns_and_repeats_bit_by_bit() -> None:
    train, test = data.load("digits"), data.load("digits", "test")
    first, second, other = (
        train_extractor(train, (16,), Recipe(epochs=3), seed=seed) for seed in (0, 0, 1)
    )
    assert measure_accuracy(first, test) > 0.7
    weights = [extractor.head.weight.numpy() for extractor in (first, second, other)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


def test_trained_weights_are_numbers_of_half_precision() -> None:
    extractor = train_extractor(data.load("digits"), (4,), Recipe(epochs=1))
    for tensor in extractor.state_dict().values():
        array = tensor.numpy()
        np.testing.assert_array_equal(array.astype(np.float16).astype(array.dtype), array)


def test_mirrored_training_shows_images_both_ways() -> None:
    images = np.arange(2000, dtype=np.float32).reshape(1000, 1, 1, 2)
    shown = train_features._mirror(images, Generator(0))
    mirrored = (shown == images[..., ::-1]).all(axis=(1, 2, 3))
    assert ((shown == images).all(axis=(1, 2, 3)) != mirrored).all()
    assert 400 < mirrored.sum() < 600
    train = data.load("digits")
    plain, both = (
        train_extractor(train, (4,), Recipe(epochs=1, mirrored=mirrored))
        for mirrored in (False, True)
    )
    assert (plain.head.weight.numpy() != both.head.weight.numpy()).any()


def test_the_command_writes_the_weights_and_says_what_to_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "digits", Recipe(epochs=1))
    outcome = CliRunner().invoke(main, ["digits", "--folder", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.output
    (path,) = tmp_path.iterdir()
    contents = path.read_bytes()
    assert path.name == TRAINED["digits"].file.name
    assert len(contents) == TRAINED["digits"].file.size
    assert f"{len(contents):,} bytes" in outcome.output
    assert hashlib.sha256(contents).hexdigest() in outcome.output
    assert "test accuracy 0." in outcome.output


def test_the_module_is_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["train_features", "--help"])
        patch.delitem(sys.modules, train_features.__name__)
        with pytest.raises(SystemExit, match=r"^0$"):
            runpy.run_module(train_features.__name__, run_name="__main__")
    assert "DATASET" in capsys.readouterr().out


@pytest.mark.slow
def test_the_recipe_for_digits_makes_a_classifier_as_good_as_the_packages() -> None:
    extractor = train_extractor(data.load("digits"), TRAINED["digits"].channels, RECIPES["digits"])
    accuracy = measure_accuracy(extractor, data.load("digits", "test"))
    assert accuracy == pytest.approx(TRAINED["digits"].test_accuracy, abs=0.015)
