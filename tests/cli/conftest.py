from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .helpers import SMALL, call


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of small runs, by their models' names."""
    root = tmp_path_factory.mktemp("trained")
    models = ("vae", "cvae", "autoencoder")
    for model in models:
        call("train", model, *SMALL, "--out", root / model)
    return {model: root / model for model in models}


@pytest.fixture
def vae(trained: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of a small VAE's run."""
    return Path(shutil.copytree(trained["vae"], tmp_path / "vae"))
