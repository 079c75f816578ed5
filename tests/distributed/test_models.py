"""Every model learns from chunks of batches what it learns from whole ones, up to rounding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from minigen.training import ConfigurationError, resume, train

from .small import RUNS, small_run

CHUNKS = 3

SOON = ("conv-vae", "gan", "pix2pix", "char-gru")
"""Models of the short test: with batch norm, packs, other shards' rows, another axis."""

EVERY_RUN = [pytest.param(name, marks=() if name in SOON else pytest.mark.slow) for name in RUNS]


def learnt(folder: Path, name: str, chunks: int | None) -> dict[str, npt.NDArray[np.float64]]:
    """Train for two steps, by plain gradients; return the weights, and what the test set gave."""
    config = small_run(
        name, chunks=chunks, steps=2, optimizer="sgd", learning_rate=0.002, schedule="constant"
    )
    run = train(config, folder, progress=False, pictures=False, report=lambda _: None)
    found = {**run.model.state_dict(), **run.history[-1]["test"]}
    return {name: np.asarray(x, np.float64) for name, x in found.items()}


@pytest.mark.parametrize("name", EVERY_RUN)
@pytest.mark.filterwarnings("ignore")  # of a set without a test part that is as the training part
def test_chunks_teach_what_the_whole_batch_teaches(name: str, tmp_path: Path) -> None:
    whole = learnt(tmp_path / "whole", name, None)
    shared = learnt(tmp_path / "shared", name, CHUNKS)
    for each, array in whole.items():
        scale = np.abs(array).max()
        np.testing.assert_allclose(shared[each], array, atol=1e-5 * scale + 1e-9, err_msg=each)


def test_the_chunks_of_a_run_are_kept_when_it_goes_on(tmp_path: Path) -> None:
    config = small_run("conv-vae", chunks=CHUNKS, steps=None, batch_size=354)
    first = train(config, tmp_path, progress=False, pictures=False)
    again = resume(tmp_path, epochs=2, progress=False, pictures=False)
    assert first.config.chunks == again.config.chunks == CHUNKS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 707}, "a batch of 1 examples, which can't be divided among 3 workers"),
        ({"model": "gan", "model_config": {"packing": 2}}, "a multiple of the model's packing, 2"),
    ],
)
def test_batches_that_cannot_be_divided_are_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        train(small_run("vae", chunks=CHUNKS, steps=None, **changes), tmp_path)
    assert not list(tmp_path.iterdir())
