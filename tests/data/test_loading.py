from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import minigen.data

from .helpers import Network

if TYPE_CHECKING:
    from pathlib import Path


def test_an_unknown_data_set_is_refused_with_the_known_names() -> None:
    known = "digits, mnist, fashion_mnist, cifar10, printed_digits, printed_letters, coloured_"
    with pytest.raises(ValueError, match=f"'MNIST'; there are {known}"):
        minigen.data.load("MNIST")


def test_an_unknown_split_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'validation'; there are train, test"):
        minigen.data.load("digits", "validation")


def test_the_training_part_is_the_default() -> None:
    assert minigen.data.load("digits").split == "train"


def test_every_data_set_tells_its_kind() -> None:
    kinds = {name: minigen.data.load(name).kind for name in ("digits", "sprites", "ring", "grid")}
    assert kinds == {"digits": "image", "sprites": "image", "ring": "point", "grid": "point"}
    assert minigen.data.load("two_moons").kind == "point"


def test_available_lists_every_data_set_without_a_download(
    network: Network, tmp_path: Path
) -> None:
    listed = minigen.data.available()
    assert tuple(listed) == minigen.data.NAMES
    found = {name for name, entry in listed.items() if entry.found}
    drawn = {"printed_digits", "printed_letters", "coloured_shapes", "coloured_shapes_64"}
    drawn |= {"glyphs", "glyphs_by_letter", "outlined_letters", "clips", "scenes", "sprites"}
    drawn |= {"textures_weave", "textures_brick", "tones", "ring", "grid", "two_moons"}
    assert found == {"digits", "spoken", "words", *drawn}
    assert listed["mnist"].folder == tmp_path / "cache" / "mnist"
    assert network.asked == []


def test_available_looks_into_root(tmp_path: Path) -> None:
    listed = minigen.data.available(root=tmp_path)
    assert listed["digits"].found
    assert listed["fashion_mnist"].folder == tmp_path / "fashion-mnist"
    assert listed["cifar10"].folder == tmp_path / "cifar10" / "cifar-10-batches-bin"


def test_all_errors_about_data_have_one_base() -> None:
    for error in (
        minigen.data.DataFileError,
        minigen.data.DownloadError,
        minigen.data.MissingDataError,
    ):
        assert issubclass(error, minigen.data.DataError)


def test_importing_the_package_imports_numpy_alone() -> None:
    heavy = "{'matplotlib', 'pooch', 'requests', 'rich', 'safetensors', 'tqdm', 'click', 'cupy'}"
    command = f"import sys, minigen.data; print(sorted({heavy} & set(sys.modules)))"
    outcome = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    assert outcome.stdout.strip() == "[]"
