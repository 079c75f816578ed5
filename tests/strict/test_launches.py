"""A training step launches no more on a card than the committed table says.

After a change that is meant, ``python -m tests.strict.launches --write`` writes the table anew; say
in the commit what changed.
"""

from __future__ import annotations

import pytest

from tests.strict.launches import COUNTED, count_launches, read_table

MOST = {"W1": 45, "W2": 80, "W3": 160, "W4": 290}
"""What a step may cost, whatever the table says: launches of any kind."""


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("name", COUNTED)
def test_a_step_launches_what_the_table_says(name: str) -> None:
    assert count_launches(name) == read_table()[name]


def test_the_table_is_of_the_workloads_that_are_counted_and_keeps_within_bounds() -> None:
    table = read_table()
    assert tuple(table) == COUNTED
    assert all(table[name]["total"] <= most for name, most in MOST.items())
    assert all(launches["read"] == 0 for launches in table.values())
