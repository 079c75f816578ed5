"""The committed files of PyTorch's results: small, without pickles, naming PyTorch's version.

`python -m tests.parity.make_fixtures` writes them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from .cases import CASES, Case
from .draws import Array
from .evaluation import Results, Trial, evaluate
from .torch_reference import Torch, torch, version
from .trajectories import OPTIMIZATIONS, trajectory

FOLDER = Path(__file__).parent / "fixtures"
OPS = FOLDER / "ops.safetensors"
OPTIMIZERS = FOLDER / "optimizers.safetensors"

TORCH_VERSION = "torch"
"""The key of the file's metadata that holds the version of PyTorch."""


def trial_of(case: Case) -> Trial:
    """Return the one small trial of a case that the file holds."""
    return Trial(case, number=0, longest=3)


def ops_by_torch() -> Results:
    """Return what PyTorch computes for every case, under ``case/result``."""
    return {
        f"{case.name}/{name}": array
        for case in CASES
        for name, array in evaluate(Torch(), case.reference, trial_of(case)).items()
    }


def optimizers_by_torch() -> Results:
    """Return the trajectories of PyTorch's optimisers, by name."""
    return {o.name: thinned(trajectory(Torch(), torch.optim, o)) for o in OPTIMIZATIONS}


def thinned(steps: Array) -> Array:
    """Keep every fifth step, the last among them, of a trajectory."""
    return steps[4::5]


def write(path: Path, results: Results) -> None:
    """Write results to a file, whole or not at all."""
    temporary = path.with_suffix(".partial")
    contents = {name: np.array(array, order="C") for name, array in results.items()}
    save_file(contents, temporary, {TORCH_VERSION: version()})
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def read(path: Path) -> Results:
    return {str(name): array for name, array in load_file(path).items()}


def version_in(path: Path) -> str:
    """Return the version of PyTorch that made a file."""
    with safe_open(path, "numpy") as file:
        return str(file.metadata()[TORCH_VERSION])
