"""Why a loss became NaN or infinite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minigen import nn
from minigen.engine.backend import to_numpy
from minigen.engine.guards import AnomalyError
from minigen.engine.modes import detect_anomaly


def find_cause(model: nn.Module, again: Callable[[], object]) -> str:
    """Do a computation again, watching every op, and say where its first fault is.

    Parameters
    ----------
    model : Module
        The model; if a parameter of it is not finite already, that is said too.
    again : callable
        What is to be repeated, with the same images and the same noise.

    Returns
    -------
    str
        The op, its shapes and the line, in the words of `minigen.detect_anomaly`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> print(find_cause(nn.Identity(), lambda: minigen.zeros(3).log()))
    log made -inf at index (0,) (got float32 (3,)), at ...
    """
    broken = [name for name, parameter in model.named_parameters() if not _is_finite(parameter)]
    before = f"the update before left {', '.join(broken)} not finite; then " if broken else ""
    try:
        with detect_anomaly():
            again()
    except AnomalyError as error:
        return f"{before}{error}"
    return f"{before}every op of a second pass over the same images made finite values only"


def _is_finite(parameter: nn.Parameter) -> bool:
    return bool(np.isfinite(to_numpy(parameter.data)).all())
