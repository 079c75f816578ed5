"""How a batch is divided, and in which order parts are added up."""

from __future__ import annotations

import numpy as np
import pytest

from minigen.distributed.sums import divide, tree_sum


@pytest.mark.parametrize("total", range(12))
@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_parts_follow_one_another_and_differ_by_one_at_most(total: int, parts: int) -> None:
    divided = divide(total, parts)
    assert [n for part in divided for n in range(total)[part]] == list(range(total))
    lengths = [part.stop - part.start for part in divided]
    assert max(lengths) - min(lengths) <= 1


def test_neighbours_are_added_first() -> None:
    a, b, c, d, e = (np.float32(10.0**n) for n in (8, -1, 0, -8, 3))
    found = tree_sum([np.array([each]) for each in (a, b, c, d, e)])
    assert found[0] == ((a + b) + (c + d)) + e


def test_one_part_is_copied() -> None:
    part = np.ones(2)
    assert tree_sum([part]) is not part
