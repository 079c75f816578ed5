"""A training step is followed through few files, and the tracer sees what it enters."""

from __future__ import annotations

import numpy as np
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.trace import table, trace, trace_step
from minigen import nn


def test_a_call_is_traced_through_the_files_that_it_enters_and_no_others() -> None:
    layer, x = nn.Dense(3, 2), np.zeros((1, 3), np.float32)
    walk = trace(lambda: layer(x))
    assert {"nn/module.py", "ops/linear.py"} <= walk.lines.keys()
    assert not [file for file in walk.lines if file.startswith(("models", "optim", "data"))]
    assert trace(lambda: None).counts == (0, 0, 0)


def test_a_step_of_the_dense_vae_goes_from_its_objective_to_the_optimiser() -> None:
    walk = trace_step()
    assert {
        "models/vae.py",
        "ops/losses/outcomes.py",
        "engine/graph.py",
        "optim/adam.py",
    } <= walk.lines.keys()


def test_the_table_ends_with_the_sums() -> None:
    walk = trace_step()
    files, lines, functions = walk.counts
    assert table(walk).splitlines()[-1].split() == [str(files), "files", str(lines), str(functions)]


def test_the_command_prints_the_table() -> None:
    result = CliRunner().invoke(main, ["trace"])
    assert result.exit_code == 0
    assert "models/vae.py" in result.output
