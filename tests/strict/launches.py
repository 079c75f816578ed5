"""How many launches a training step of each workload costs, by the stand-in's ledger.

They are kept in `benchmarks/launches.json`, and a test compares.
``python -m tests.strict.launches`` counts anew and shows what changed; with ``--write`` it writes
the file.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from tests.strict.counters import counting
from tests.strict.library import Library

TABLE: Final = Path(__file__).parents[2] / "benchmarks" / "launches.json"

COUNTED: Final = ("W1", "W2", "W3", "W4")
"""The workloads in the table: those whose steps are all alike."""

BATCH: Final = 4
"""Images in a batch: how many there are makes no launch more or less."""

KINDS: Final = ("kernel", "product", "set", "copy")

Launches = dict[str, int]
"""How many kernels, products, settings of memory and copies within the device there are, by kind;
``"total"`` of all of them; ``"upload"``, copies from the host; ``"read"``, copies to it."""


def count_launches(name: str) -> Launches:
    """Count what one step of a workload launches, after two others. The stand-in is in place."""
    from benchmarks.libraries.with_minigen import make_trainee
    from benchmarks.workloads import WORKLOADS

    workload = dataclasses.replace(WORKLOADS[name], batch=BATCH, batches=1)
    trainee = make_trainee(workload, None, "cuda")
    trainee.step()
    trainee.step()
    with counting() as counters:
        trainee.step()
    by_kind = Counter(launch.kind for launch in counters.launches)
    return {
        **{kind: by_kind[kind] for kind in KINDS},
        "total": by_kind.total(),
        "upload": len(counters.uploads),
        "read": len(counters.reads),
    }


def read_table() -> dict[str, Launches]:
    """Return the committed counts of each workload."""
    table: dict[str, Launches] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def main() -> None:
    """Count, show, and write if asked to."""
    from minigen.files import write_atomically

    sys.modules["cupy"] = Library()
    counted = {name: count_launches(name) for name in COUNTED}
    before = read_table() if TABLE.exists() else {}
    for name, launches in counted.items():
        changed = "" if launches == before.get(name) else f", before: {before.get(name)}"
        print(f"{name}: {launches}{changed}")
    if "--write" in sys.argv:
        write_atomically(TABLE, (json.dumps(counted, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
