"""Where the derivation of an op is found: the page, and the boxed result on it."""

from __future__ import annotations

import re
from typing import Any, Final

from minigen.engine.op import Op, registry

_RESULTS: Final = {
    "broadcasting": "add broadcast_to div maximum minimum mul neg pow sub sum_to_size where",
    "convolution": "conv2d conv2d.grad_weight conv_transpose2d",
    "dense": "linear matmul",
    "elementwise": "abs clip cos elu exp leaky_relu log relu sigmoid sin softplus sqrt tanh",
    "kl": "kl.standard_normal",
    "losses": "bce bce_with_logits squared_error",
    "normalization": "batch_norm standardize",
    "pooling": "max_pool2d window_pick.adjoint window_sum.adjoint",
    "reductions": "max mean min std sum var",
    "shaping": "astype clone concatenate flatten getitem pad permute put reshape squeeze "
    "to_device transpose unsqueeze",
    "softmax": "log_softmax logsumexp softmax",
}
"""The results that ops name first, by their pages; tests hold them against ``docs/derivations``."""

_PAGES: Final = {result: page for page, results in _RESULTS.items() for result in results.split()}

_NAMED: Final = re.compile(r"^ *Derivation: ([\w.]+)", re.MULTILINE)


def derivation(op: Op[Any]) -> tuple[str, str] | None:
    """Return the page of an op's derivation and the identifier of the result; None for others' ops.

    Examples
    --------
    >>> import minigen.functional as F
    >>> derivation(F.conv2d)
    ('convolution', 'conv2d')
    """
    if registry.get(op.name) is not op:
        return None
    for text in (op.__doc__, getattr(op.rule, "__doc__", None)):
        named = _NAMED.search(text or "")
        if named:
            return _PAGES[named[1]], named[1]
    return None


def link(op: Op[Any], base: str | None) -> str | None:
    """Return the address of an op's derivation below the folder of all pages, if it has one."""
    found = derivation(op)
    if base is None or found is None:
        return None
    page, identifier = found
    return f"{base.rstrip('/')}/{page}.html#{identifier}"
