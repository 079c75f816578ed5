"""The workloads with PyTorch, a whole training step captured once as a CUDA graph and replayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.libraries import Subject
from benchmarks.libraries.with_torch import GANTrainee, VAETrainee, torch
from benchmarks.workloads import Array, Workload

STEPS_BEFORE_CAPTURE = 3
"""Steps on a stream at the side, as PyTorch's notes on CUDA graphs ask for."""


class Replayed:
    """A training step that is captured when it is first asked for.

    The batch is copied to where the captured step looks for it; noise is drawn in the graph.
    """

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        kind = VAETrainee if workload.kind == "vae" else GANTrainee
        self._trainee: Any = kind(workload, weights, device="cuda", capturable=True)
        self._batch = next(self._trainee.batches).clone()
        self._graph: Any = None

    def figures(self) -> dict[str, float]:
        """Return what the step computes before it is captured."""
        found: dict[str, float] = self._trainee.figures()
        return found

    def step(self) -> None:
        """Train on the next batch."""
        self._batch.copy_(next(self._trainee.batches))
        if self._graph is None:
            self._capture()
        self._graph.replay()

    def _capture(self) -> None:
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(STEPS_BEFORE_CAPTURE):
                self._trainee.train(self._batch)
        torch.cuda.current_stream().wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._trainee.train(self._batch)


def make_trainee(workload: Workload, weights: Sequence[Array]) -> Subject:
    """Build a workload on a GPU."""
    return Replayed(workload, weights)
