"""PyTorch runs on one thread here: its arrays are small, and other tests want the cores."""

from __future__ import annotations

import importlib
import importlib.util

import pytest


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> None:
    if importlib.util.find_spec("torch"):
        importlib.import_module("torch").set_num_threads(1)
