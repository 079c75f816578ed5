"""How far one has to walk to follow a training step: the files, functions and lines that it enters.

``python -m benchmarks trace`` traces a step of a model: its loss, the backward pass, the update of
every parameter. What a first step alone does, such as planning how an op's arguments are bound, is
left out: a second step is traced. Counts are of this library's own code, each line once.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import minigen
from minigen import models, optim

PACKAGE = Path(str(minigen.__file__)).parent


@dataclass(frozen=True)
class Walk:
    """What a call entered of the library.

    Attributes
    ----------
    lines : dict of str to set of int
        Of each file, by its path in the package, the lines that ran.
    functions : dict of str to set of str
        Of each file the functions that ran.
    """

    lines: dict[str, set[int]]
    functions: dict[str, set[str]]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many files, lines and functions."""
        lines = sum(map(len, self.lines.values()))
        return len(self.lines), lines, sum(map(len, self.functions.values()))


def trace(call: Callable[[], object]) -> Walk:
    """Run a call and note where it goes."""
    walk = Walk(defaultdict(set), defaultdict(set))

    def note(frame: FrameType, event: str, _argument: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(str(PACKAGE)):
            return None
        file = str(Path(code.co_filename).relative_to(PACKAGE))
        if event == "call":
            walk.functions[file].add(f"{code.co_qualname}:{code.co_firstlineno}")
        elif event == "line":
            walk.lines[file].add(frame.f_lineno)
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        call()
    finally:
        sys.settrace(before)
    return walk


def trace_step(name: str = "vae", image_shape: tuple[int, int, int] = (1, 28, 28)) -> Walk:
    """Trace the second training step of a model of the package, with a batch of 8 and Adam."""
    model: Any = models.build(name, image_shape=image_shape)
    optimizer = optim.Adam(model.parameters())
    x = np.zeros((8, *image_shape), np.float32)

    def step() -> None:
        loss = model.loss(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    step()
    return trace(step)


def table(walk: Walk) -> str:
    """Return a line a file, those with most lines first, and the sums."""
    rows = sorted(walk.lines, key=lambda file: -len(walk.lines[file]))
    files, lines, functions = walk.counts
    return "\n".join(
        [f"{'file':32} lines  functions"]
        + [f"{file:32} {len(walk.lines[file]):5}  {len(walk.functions[file]):9}" for file in rows]
        + [f"{f'{files} files':32} {lines:5}  {functions:9}"]
    )
