"""The committed files of PyTorch's results: small, without pickles, naming PyTorch's version.

`python -m tests.parity.make_fixtures` writes them.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from .cases import KEPT, Case
from .draws import Array
from .evaluation import Results, Trial, evaluate
from .inplace_programs import PROGRAMS, results_of
from .torch_reference import Torch, torch, version
from .trajectories import OPTIMIZATIONS, trajectory

FOLDER = Path(__file__).parent / "fixtures"
OPS = FOLDER / "ops.safetensors"
OPTIMIZERS = FOLDER / "optimizers.safetensors"
INPLACE = FOLDER / "inplace.safetensors"

TORCH_VERSION = "torch"
"""The key of the file's metadata that holds the version of PyTorch."""


NUMBER = "trial"
"""Under what name the file holds the number of a case's trial."""

TRIALS = 50
"""Among so many trials one is looked for in which a mistake would show, and that is small."""

SMALL = 60
"""How many numbers a trial's results hold, at most, to be taken at once."""


def trial(case: Case, number: int) -> Trial:
    """Return a small trial of a case."""
    return Trial(case, number, longest=3)


def trial_of(case: Case, results: Results) -> Trial:
    """Return the one trial of a case that the file holds."""
    return trial(case, int(results[f"{case.name}/{NUMBER}"]))


def ops_by_torch() -> Results:
    """Return what PyTorch computes for every case that is kept, under ``case/result``."""
    found: Results = {}
    for case in KEPT:
        results = told_by_torch(case)
        found |= {f"{case.name}/{name}": array for name, array in results.items()}
    return found


def told_by_torch(case: Case) -> Results:
    """Return the results of a small trial that says something; of the first, if none does."""
    best: Results = {}
    for number in range(TRIALS):
        results = evaluate(Torch(), case.theirs, trial(case, number))
        if says_something(results) and (not best or size(results) < size(best)):
            best = results | {NUMBER: np.array(number)}
        if best and size(best) <= SMALL:
            return best
    return best or evaluate(Torch(), case.theirs, trial(case, 0)) | {NUMBER: np.array(0)}


def size(results: Results) -> int:
    """Return how many numbers there are."""
    return sum(array.size for array in results.values())


def says_something(results: Results) -> bool:
    """Tell whether there is more than one number, and no gradient that is zero.

    One element alone is its own mean, and its softmax is 1 whatever it is: wrong formulas would
    pass.
    """
    gradients = [array for name, array in results.items() if name.startswith("gradient")]
    told = gradients or [array for name, array in results.items() if name.startswith("output")]
    return (
        all(array.any() and array.size > 1 for array in gradients)
        and max(array.size for array in told) > 1
    )


def optimizers_by_torch() -> Results:
    """Return the trajectories of PyTorch's optimisers, by name."""
    return {o.name: thinned(trajectory(Torch(), torch.optim, o)) for o in OPTIMIZATIONS}


def inplace_by_torch() -> Results:
    """Return what the programs that write in place give in PyTorch, under ``program/result``."""
    return results_of(PROGRAMS, importlib.import_module("torch"))


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
