from __future__ import annotations

from pathlib import Path

import pytest

from minigen.training import train

from .helpers import outcome, small_config


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run that nothing stopped."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    train(small_config(), folder, progress=False, pictures=False)
    assert outcome(folder)["weights"] == "epoch-0003.safetensors"
    return folder
