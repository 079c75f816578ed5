"""Training comes to the same weights, whichever kernels compute."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest

import minigen
from minigen import models, optim
from minigen.engine import choice, parallel

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

KERNELS = [choice.NUMPY, *([choice.COMPILED] if find_spec("numba") else [])]


@pytest.fixture(autouse=True)
def _without_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the convolutions of other tests, beside which products are divided in other ways."""
    monkeypatch.setattr(parallel, "_products_shared", False)


def digest(kernels: str, optimizer: Callable[..., optim.Optimizer]) -> str:
    """Train a VAE for some steps; return the digest of its weights."""
    minigen.manual_seed(0)
    images = np.random.default_rng(0).random((100, 1, 28, 28), np.float32)
    with choice.using(kernels):
        model = models.VAE((1, 28, 28))
        steps = optimizer(model.parameters(), lr=1e-3)
        for _ in range(5):
            steps.zero_grad()
            model.loss(images).backward()
            steps.step()
    weights = hashlib.sha256()
    for parameter in model.parameters():
        weights.update(parameter.array.tobytes())
    return weights.hexdigest()


@pytest.mark.parametrize("optimizer", [optim.Adam, optim.AdamW, optim.SGD, optim.RMSprop])
@pytest.mark.parametrize("kernels", KERNELS)
def test_a_dense_vae_trains_to_the_weights_of_the_readable_ops(
    kernels: str, optimizer: Callable[..., optim.Optimizer]
) -> None:
    assert digest(kernels, optimizer) == digest(choice.READABLE, optimizer)
