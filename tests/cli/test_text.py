"""Language models and the text VAE from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.texts import NAMES

from .helpers import call, error


@pytest.fixture(scope="module")
def gru(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gru") / "run"
    shown = call("train", "char-gru", "--dataset", "tests.texts:names", "--hidden", 8,
                 "--members", 2, "--epochs", 2, "--out", folder).output  # fmt: skip
    assert "nats/text after epoch 2" in shown
    assert "samples    " in shown
    return folder


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vae") / "run"
    call("train", "text-vae", "--dataset", "tests.texts:names", "--hidden", 8, "--latent", 2,
         "--epochs", 1, "--out", folder)  # fmt: skip
    return folder


def test_samples_are_printed_and_written(gru: Path) -> None:
    lines = call("sample", gru, "--prompt", "bo", "--temperature", 0.8, "--top-k", 3,
                 "--count", 5).output.splitlines()  # fmt: skip
    assert len(lines) == 6
    assert all(line.startswith("bo") for line in lines[:5])
    path = Path(lines[5])
    assert path == gru / "samples" / "sample.txt"
    assert path.read_text().splitlines() == lines[:5]


def test_the_members_of_an_ensemble_are_counted(gru: Path) -> None:
    config = json.loads((gru / "config.json").read_text())
    assert config["model_config"]["members"] == 2
    said = error("train", "char-gru", "--dataset", "words", "--members", 0, status=2)
    assert "Invalid value for '--members'" in said
    assert "--members: the model 'text-vae' has no such option" in error(
        "train", "text-vae", "--dataset", "words", "--members", 2, status=2
    )


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--prompt", "bx", "--prompt: the character 'x' in 'bx' is not known; known are: a b d"),
        ("--prompt", "bababa", "texts have 5 characters at most, got 6 in 'bababa'"),
        ("--top-k", 50, "knows 11 characters, the end among them, got 50"),
        ("--text", "bo", "is told no sentence"),
    ],
)
def test_what_a_model_of_text_can_not_write_is_refused(
    gru: Path, option: str, value: object, message: str
) -> None:
    assert message in error("sample", gru, option, value, status=2)


def test_a_text_vae_takes_no_prompt(vae: Path) -> None:
    assert "begins with a draw of noise" in error("sample", vae, "--prompt", "b", status=2)


def test_other_models_write_no_text(tmp_path: Path) -> None:
    call("train", "vae", "--hidden", 4, "--latent", 2, "--epochs", 1, "--out", tmp_path)
    assert "--temperature: the model 'vae'" in error(
        "sample", tmp_path, "--temperature", 0.5, status=2
    )
    assert "encodes no texts; text-vae does" in error("interpolate", tmp_path, "a", "b", status=2)


def test_a_language_model_is_evaluated_beside_ngrams(gru: Path) -> None:
    shown = call("evaluate", gru, "--test").output
    for words in ("char-gru", "4-grams", "interpolated", "in the texts trained on"):
        assert words in shown
    values = json.loads(call("evaluate", gru, "--test", "--json").output)
    assert values["language"]["count"] == 21
    assert values["copies"]["count"] == 1000


def test_a_text_vae_is_evaluated_by_what_comes_back(vae: Path) -> None:
    values = json.loads(call("evaluate", vae, "--json").output)
    assert values["rebuilding"]["count"] == 21
    assert {"negative_elbo", "kl", "active_units", "copies"} <= values.keys()
    assert "from the code of another text" in call("evaluate", vae).output


def test_the_way_between_two_texts_is_shown(vae: Path) -> None:
    shown = call("interpolate", vae, "bona", "lita", "--steps", 4).output.splitlines()
    assert shown[1] == str(vae / "samples" / "interpolate.txt")
    assert Path(shown[1]).read_text().splitlines() == shown[:1]
    assert "two texts are expected, got 1: 'bona'" in error("interpolate", vae, "bona", status=2)
    assert "'x' in 'x' is not known" in error("interpolate", vae, "x", "bona", status=2)
    assert "two texts are one row" in error(
        "interpolate", vae, "bona", "lita", "--count", 2, status=2
    )


def test_reconstructions_stand_beside_test_texts(vae: Path) -> None:
    lines = call("reconstruct", vae, "--count", 3).output.splitlines()
    assert [line.split()[0] in NAMES for line in lines[:3]] == [True] * 3


def test_a_text_of_ones_own_is_learnt_by_words(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("\n".join(f"the {name} of the day" for name in NAMES))
    shown = call("data", mine, "--by", "words").output
    assert "texts of at most 6 words" in shown
    out = tmp_path / "run"
    call("train", "char-gru", "--dataset", mine, "--by", "words", "--hidden", 4, "--epochs", 1,
         "--out", out)  # fmt: skip
    lines = call("sample", out, "--prompt", "the day", "--count", 2).output.splitlines()
    assert all(line.startswith("the day") for line in lines[:2])


def test_options_go_with_what_a_path_holds(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("a\nb\nc\n")
    assert "holds text; the option is for your own pictures" in error(
        "data", mine, "--size", 8, status=2
    )
    assert "holds pictures; the option is for your own text" in error(
        "data", tmp_path, "--by", "words", status=2
    )
    assert "words is taken as it is" in error("data", "words", "--by", "words", status=2)
    assert "texts are written into a .txt file" in error(
        "data", "words", "--show", tmp_path / "a.png", status=2
    )
    call("data", "words", "--show", tmp_path / "a.txt", "--count", 3)
    assert len((tmp_path / "a.txt").read_text().split()) == 3
