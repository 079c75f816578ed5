"""Change one thing at a time, and see whether the tests notice: ``python -m tests.mutants PATHS``.

Each change of a file (`tests.mutants.mutation`) is tried against the tests that mirror it, and, if
it survives, against the catalogue's cases of its function. The survivors are listed; those that
change nothing that can be told stand in `equivalent.toml`, with the reason, and are passed over.

The house has some thousands of mutants: ``--sample 50`` tries as many, drawn with ``--seed``.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tests.mutants import trial
from tests.mutants.mutation import Mutant, mutants_of

DEFAULT = ("minigen/ops", "minigen/kernels", "minigen/optim")
CATALOGUE = "tests/catalogue/test_catalogue.py"
EQUIVALENT = Path(__file__).parent / "equivalent.toml"

Name = tuple[str, str, str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants; return how many survived."""
    options = _parser().parse_args(arguments)
    files = [f for path in options.paths for f in _files(Path(path))]
    known = equivalent()
    mutants = [m for file in files for m in mutants_of(file) if m.name not in known]
    if options.sample and options.sample < len(mutants):
        drawn = random.Random(options.seed).sample(range(len(mutants)), options.sample)
        mutants = [mutants[i] for i in sorted(drawn)]
    trial.preload()
    limits = {file: 30 + 5 * _duration(file) for file in sorted({m.file for m in mutants})}
    survivors = []
    for number, mutant in enumerate(mutants, 1):
        print(f"\r{number} of {len(mutants)}", end="", file=sys.stderr, flush=True)
        if survives(mutant, limits[mutant.file]):
            survivors.append(mutant)
            print(f"\r{mutant}", flush=True)
    print(f"\r{len(survivors)} of {len(mutants)} mutants survived")
    return len(survivors)


def equivalent() -> dict[Name, str]:
    """Return the reasons why some mutants are no mistakes, by their names."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["mutant"]
    return {
        (entry["file"], entry["function"], entry["line"], entry["becomes"]): entry["reason"]
        for entry in entries
    }


def mirror(file: Path) -> str:
    """Return the tests of a file: those that mirror it, else those of its folder."""
    folder = Path("tests", *file.parts[1:-1])
    tests = folder / f"test_{file.stem}.py"
    return (tests if tests.exists() else folder).as_posix()


def survives(mutant: Mutant, limit: float) -> bool:
    """Tell whether no test notices a mutant."""
    if not trial.passes(mutant.file, mutant.text(), [mirror(mutant.file)], limit):
        return False
    if mutant.file.parts[1] not in {"ops", "kernels"}:
        return True
    op = re.sub("_(kernel_)?vjp$|_kernel$", "", mutant.function).strip("_")
    cases = [CATALOGUE, "-k", op]
    if not trial.passes(None, "", [*cases, "--collect-only"], 10 * limit):  # there are none
        return True
    return trial.passes(mutant.file, mutant.text(), cases, 10 * limit)


def _duration(file: Path) -> float:
    """Return how long the tests of a file take, which must pass as it is."""
    start = time.monotonic()
    if not trial.passes(None, "", [mirror(file)], 600):
        raise SystemExit(f"Error: {mirror(file)} fails before anything is changed")
    return time.monotonic() - start


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("paths", nargs="*", default=DEFAULT, help="files and folders to change")
    parser.add_argument("--sample", type=int, help="how many mutants to try, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    return parser


if __name__ == "__main__":
    sys.exit(min(main(), 1))
