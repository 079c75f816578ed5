"""Gradients with respect to what ops made, which no ``.grad`` holds: a walk of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigen.engine.backend import Array, namespace, to_numpy
from minigen.engine.graph import Vertex, walk_back
from minigen.engine.tensor import Tensor, seed_of


def gradients_at(
    output: Tensor, vertices: Iterable[Vertex], gradient: Tensor | Array | None
) -> dict[Vertex, Array]:
    """Return the gradient that arrives at each vertex; fill no ``.grad``, and keep the graph.

    Raises
    ------
    RuntimeError, ValueError
        As `Tensor.backward`.
    """
    seed = seed_of(output, gradient, False, "viz.graph")
    return walk_back([output], [seed], targets=set(vertices), retain_graph=True)


def shapes_by_walking(output: Tensor, vertices: Iterable[Vertex]) -> dict[Vertex, Array]:
    """Return arrays of the vertices' shapes: a gradient of any weighted sum of the output."""
    weights = namespace(output.data).ones_like(output.data)
    return gradients_at(output, vertices, weights)


def norm(array: Any) -> float:
    """Return the Euclidean norm of all elements; an array on a GPU is copied from there."""
    return float(np.linalg.norm(to_numpy(array).astype(np.float64)))
