from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from minigen import files, viz

from .helpers import SMALL, call


@pytest.fixture(autouse=True, scope="package")
def _no_curves() -> Iterator[None]:
    """Have no curves drawn, which takes longer than these runs; tests of training look at them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            viz, "save_curves", lambda path, *_, **__: files.write_atomically(path, b"curves")
        )
        yield


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory, _no_curves: None) -> dict[str, Path]:
    """Folders of small runs, by their models' names; GANs of points by their data sets'."""
    root = tmp_path_factory.mktemp("trained")
    models = ("vae", "cvae", "autoencoder", "gan")
    for model in models:
        call("train", model, *SMALL, "--out", root / model)
    for dataset in ("ring", "two_moons"):
        options = ("--dataset", dataset, "--batch-size", 5000)
        call("train", "gan", *SMALL, *options, "--out", root / dataset)
    return {model: root / model for model in (*models, "ring", "two_moons")}


@pytest.fixture
def vae(trained: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of a small VAE's run."""
    return Path(shutil.copytree(trained["vae"], tmp_path / "vae"))
