"""Small runs, and what is compared between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from minigen.training import Examples, RunConfig

STEPS = 12
"""Steps in an epoch of the digits, 1,415 of them, with the batch size below."""


def small_config(**changes: Any) -> RunConfig:
    """Return the configuration of a run that takes a fraction of a second."""
    settings: dict[str, Any] = {
        "model": "vae",
        "model_config": {"hidden": [8], "latent": 2},
        "epochs": 3,
        "batch_size": 128,
    }
    return RunConfig(**settings | changes)


def outcome(folder: Path) -> dict[str, Any]:
    """Return everything that must not depend on how a run was stopped: bits, not numbers."""
    newest = max(folder.glob("checkpoints/epoch-????.safetensors"))
    return {
        "weights": newest.name,
        "bits": {name: array.tobytes() for name, array in load_file(newest).items()},
        "metrics": (folder / "metrics.jsonl").read_bytes(),
        "config": (folder / "config.json").read_bytes(),
    }


def call_at_batch(
    monkeypatch: pytest.MonkeyPatch, number: int, action: Callable[[], object]
) -> None:
    """Have `action` called while the batch of that number, from 1, is made."""
    original = Examples.batch
    made = 0

    def batch(self: Examples, *arguments: Any) -> Any:
        nonlocal made
        made += 1
        if made == number:
            action()
        return original(self, *arguments)

    monkeypatch.setattr(Examples, "batch", batch)
