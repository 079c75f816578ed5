"""How a batch is divided, and in which order what was computed of it is added up.

Floating-point addition is not associative, so an order has to be fixed if the sum is to be the same
however many processes take part. Here it depends on the number of parts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from minigen.engine.backend import Array


def divide(total: int, parts: int) -> list[slice]:
    """Divide so many things into runs that differ by one at most, the longer ones first.

    Examples
    --------
    >>> [(part.start, part.stop) for part in divide(7, 3)]
    [(0, 3), (3, 5), (5, 7)]
    """
    least, longer = divmod(total, parts)
    ends = [part * least + min(part, longer) for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(ends)]


def tree_sum(parts: Sequence[Array]) -> Array:
    r"""Add up arrays of one shape: neighbours first, then neighbouring sums, and so on.

    Of four that is :math:`(a_0 + a_1) + (a_2 + a_3)`. Each number goes through
    :math:`\lceil \log_2 K \rceil` additions, which also keeps the rounding error small.

    Examples
    --------
    >>> import numpy as np
    >>> tree_sum([np.ones(2), np.full(2, 2.0), np.full(2, 3.0)])
    array([6., 6.])
    """
    level = [parts[number] for number in range(len(parts))]  # CuPy's arrays do not iterate
    if len(level) == 1:
        return level[0].copy()
    while len(level) > 1:
        joined = [first + second for first, second in zip(level[::2], level[1::2], strict=False)]
        level = [*joined, level[-1]] if len(level) % 2 else joined
    return level[0]
