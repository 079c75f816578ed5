"""Faster versions, for NumPy's arrays, of a few ops and gradient rules.

The text to read is the op's own, in `minigen.ops`: a kernel computes the same with fewer passes
over memory, and is tested equal to it. It declares itself with ``@the_op.kernel`` or
``@the_op.kernel_vjp``, and returns NotImplemented for what it does not serve: arrays of another
library or memory order, and the tensors of a pass that is recorded. A kernel is here because it was
measured to pay: `benchmarks/` has the workloads.
"""

from minigen.kernels import (
    activation,
    attention,
    bands,
    convolution,
    cuda,
    dense,
    dense_sequences,
    elementwise,
    exponentials,
    normalization,
    recurrent,
    tiles,
    winograd,
)

from minigen.kernels import compiled  # isort: skip - tried first, so declared last

__all__ = [
    "activation",
    "attention",
    "bands",
    "compiled",
    "convolution",
    "cuda",
    "dense",
    "dense_sequences",
    "elementwise",
    "exponentials",
    "normalization",
    "recurrent",
    "tiles",
    "winograd",
]
