"""Measuring on a GPU: times by its own events, its memory, and how often it is told to compute."""

from __future__ import annotations

import importlib
import itertools
import re
from typing import Any, Protocol

from benchmarks.libraries import LIBRARIES, Subject, is_installed

COUNTED = {
    "launches": re.compile(r"cu(da)?(Graph)?Launch(?!HostFunc)\w*"),
    "sets": re.compile(r"cu(da)?Memset\w*"),
    "copies": re.compile(r"cu(da)?Memcpy\w*"),
}
"""The calls of CUDA that let a card compute, a kernel or a graph of them, or set or copy memory."""

PROFILED_STEPS = 3


class Card(Protocol):
    """A GPU, as a library reaches it."""

    def mark(self) -> Any:
        """Put a mark behind all work so far."""

    def milliseconds(self, first: Any, second: Any) -> float:
        """Return the time between two marks, when all work is done."""

    def wait(self) -> None:
        """Wait for all work."""

    def held(self) -> int:
        """Return how many bytes of the card are in use."""


class CupyCard:
    """The GPU as CuPy reaches it."""

    def __init__(self) -> None:
        from minigen.engine.backend import cupy

        self._cuda = cupy().cuda

    def mark(self) -> Any:
        """Put a mark behind all work so far."""
        return self._cuda.get_current_stream().record()

    def milliseconds(self, first: Any, second: Any) -> float:
        """Return the time between two marks."""
        return float(self._cuda.get_elapsed_time(first, second))

    def wait(self) -> None:
        """Wait for all work."""
        self._cuda.Device().synchronize()

    def held(self) -> int:
        """Return how many bytes of the card are in use."""
        free, total = self._cuda.Device().mem_info
        return int(total - free)


class TorchCard:
    """The GPU as PyTorch reaches it; it multiplies true float32 numbers, as CuPy does."""

    def __init__(self) -> None:
        torch: Any = importlib.import_module("torch")
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        self._torch = torch

    def mark(self) -> Any:
        """Put a mark behind all work so far."""
        mark = self._torch.cuda.Event(enable_timing=True)
        mark.record()
        return mark

    def milliseconds(self, first: Any, second: Any) -> float:
        """Return the time between two marks."""
        return float(first.elapsed_time(second))

    def wait(self) -> None:
        """Wait for all work."""
        self._torch.cuda.synchronize()

    def held(self) -> int:
        """Return how many bytes of the card are in use."""
        free, total = self._torch.cuda.mem_get_info()
        return int(total - free)


def card_of(library: str) -> Card:
    """Return the card as a library reaches it."""
    return CupyCard() if LIBRARIES[library] == "minigen" else TorchCard()


def measure(
    subject: Subject, card: Card, steps: int, warm_up: int, empty: int = 0
) -> dict[str, Any]:
    """Run a workload's steps on a card.

    Parameters
    ----------
    subject : Subject
        The workload, on the card.
    card : Card
        As the subject's library reaches it.
    steps, warm_up : int
        How many steps are timed, and how many go before.
    empty : int
        How many bytes of the card were in use before the subject was built.

    Returns
    -------
    dict
        ``"figures"`` of the first step; ``"milliseconds"``, a time a step; ``"memory"``, the bytes
        that were taken: the libraries give none back; ``"launches"`` a step, or None if PyTorch's
        profiler is not there to count them; likewise ``"sets"`` and ``"copies"`` of memory.
    """
    figures = subject.figures()
    for _ in range(warm_up):
        subject.step()
    card.wait()
    marks = [card.mark()]
    for _ in range(steps):
        subject.step()
        marks.append(card.mark())
    card.wait()
    times = [card.milliseconds(a, b) for a, b in itertools.pairwise(marks)]
    memory = card.held() - empty
    return {
        "figures": figures,
        "milliseconds": times,
        "memory": memory,
        **(count_calls(subject, card) if is_installed("torch") else dict.fromkeys(COUNTED)),
    }


def count_calls(subject: Subject, card: Card) -> dict[str, float]:
    """Return how often a step launches a kernel or a graph of them, and sets or copies memory.

    PyTorch's profiler sees the calls of the whole process, CuPy's too.
    """
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        for _ in range(PROFILED_STEPS):
            subject.step()
        card.wait()
    calls = {event.key: event.count for event in profiler.key_averages()}
    return {what: calls_among(calls, what) / PROFILED_STEPS for what in COUNTED}


def calls_among(calls: dict[str, int], what: str) -> int:
    """Return how many of the calls launch something, or set or copy memory.

    Examples
    --------
    >>> calls = {"cudaLaunchKernel": 5, "cuLaunchKernelEx": 2, "cudaGraphLaunch": 1,
    ...          "cudaMemcpyAsync": 9, "cudaMemsetAsync": 3, "aten::add": 5, "cuLaunchKernel": 1}
    >>> [calls_among(calls, what) for what in COUNTED]
    [9, 3, 9]
    """
    return sum(count for name, count in calls.items() if COUNTED[what].fullmatch(name))
