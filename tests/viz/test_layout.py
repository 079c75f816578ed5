"""Layered drawings: what must hold for every graph, and what makes a drawing good."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.viz.graphs.layout import Layout, assign_rows, count_crossings, layout, order_rows

Arrows = list[tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], Arrows]:
    """Draw sizes of boxes, and arrows without cycles; some twice."""
    count = draw(st.integers(1, 14))
    sizes = draw(
        st.lists(st.tuples(st.floats(20, 200), st.floats(10, 60)), min_size=count, max_size=count)
    )
    pairs = list(itertools.combinations(range(count), 2))
    arrows = draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []
    relabelled = draw(st.permutations(range(count)))
    return sizes, [(relabelled[a], relabelled[b]) for a, b in arrows]


def edges(drawing: Layout, sizes: list[tuple[float, float]]) -> list[tuple[float, ...]]:
    """Return the left, right, upper and lower edge of each box."""
    return [
        (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
        for (x, y), (width, height) in zip(drawing.centres, sizes, strict=True)
    ]


@given(graphs())
def test_boxes_are_apart_and_inside_the_drawing(
    graph: tuple[list[tuple[float, float]], Arrows],
) -> None:
    sizes, arrows = graph
    drawing = layout(sizes, arrows, gap=18)
    boxes = edges(drawing, sizes)
    for left, right, top, bottom in boxes:
        assert left > -1e-6
        assert right < drawing.width + 1e-6
        assert top > -1e-6
        assert bottom < drawing.height + 1e-6
    for a, b in itertools.combinations(boxes, 2):
        beside = a[1] + 18 < b[0] + 1e-6 or b[1] + 18 < a[0] + 1e-6
        assert beside or a[3] < b[2] or b[3] < a[2]


@given(graphs())
def test_lines_lead_down_from_box_to_box_and_pass_no_other(
    graph: tuple[list[tuple[float, float]], Arrows],
) -> None:
    sizes, arrows = graph
    drawing = layout(sizes, arrows)
    boxes = edges(drawing, sizes)
    for (source, target), line in zip(arrows, drawing.lines, strict=True):
        (x0, y0), (x1, y1) = line[0], line[-1]
        assert y0 == pytest.approx(boxes[source][3])
        assert boxes[source][0] < x0 < boxes[source][1]
        assert y1 == pytest.approx(boxes[target][2])
        assert boxes[target][0] < x1 < boxes[target][1]
        for number, ((a, upper), (b, lower)) in enumerate(itertools.pairwise(line)):
            assert upper <= lower + 1e-6
            if number % 2 == 0:
                assert a == b
            for other, (left, right, top, bottom) in enumerate(boxes):
                # Aside a line goes between rows alone, where there is no box at all.
                if other not in {source, target} and top < lower - 1e-6 and bottom > upper + 1e-6:
                    assert number % 2 == 0
                    assert not left <= a <= right


@given(graphs())
def test_the_order_has_no_more_crossings_than_the_one_before(
    graph: tuple[list[tuple[float, float]], Arrows],
) -> None:
    sizes, arrows = graph
    rows = [list(range(0, len(sizes), 2)), list(range(1, len(sizes), 2))]
    below = {a: [b for x, b in arrows if x == a and b % 2] for a in rows[0]}
    above = {b: [a for a in rows[0] for x in below[a] if x == b] for b in rows[1]}
    ordered = order_rows(rows, above, below)
    assert [sorted(row) for row in ordered] == rows
    assert count_crossings(ordered, below) <= count_crossings(rows, below)


@given(graphs())
def test_crossings_are_counted_as_pairs_of_arrows(
    graph: tuple[list[tuple[float, float]], Arrows],
) -> None:
    sizes, arrows = graph
    rows = [list(range(0, len(sizes), 2)), list(range(1, len(sizes), 2))]
    joined = [(a, b) for a, b in arrows if a % 2 == 0 and b % 2]
    below = {a: [b for x, b in joined if x == a] for a in rows[0]}
    crossing = [
        pair
        for pair in itertools.combinations(joined, 2)
        if (pair[0][0] - pair[1][0]) * (pair[0][1] - pair[1][1]) < 0
    ]
    assert count_crossings(rows, below) == len(crossing)


def test_arrows_that_can_do_without_crossing_do() -> None:
    rows = order_rows(
        [[0, 1, 2], [3, 4, 5], [6, 7]],
        above={3: [2], 4: [1], 5: [0], 6: [3], 7: [4, 5]},
        below={0: [5], 1: [4], 2: [3], 3: [6], 4: [7], 5: [7]},
    )
    assert count_crossings(rows, {0: [5], 1: [4], 2: [3], 3: [6], 4: [7], 5: [7]}) == 0


def test_a_chain_stands_straight_whatever_its_boxes_and_those_beside_it() -> None:
    sizes = [(40.0, 20.0), (120.0, 20.0), (60.0, 20.0), (90.0, 20.0), (30.0, 20.0), (200.0, 20.0)]
    arrows = [(0, 1), (1, 2), (2, 3), (4, 2), (5, 3)]
    side = [False, False, False, False, True, True]
    drawing = layout(sizes, arrows, side=side)
    assert len({round(drawing.centres[box][0], 6) for box in range(4)}) == 1
    for line in drawing.lines[:3]:
        assert len({round(x, 6) for x, _ in line}) == 1


def test_a_long_arrow_is_straight_where_it_passes_rows() -> None:
    chain = [(box, box + 1) for box in range(6)]
    drawing = layout([(50.0, 20.0)] * 7, [*chain, (0, 6)])
    inner = {round(x, 6) for x, _ in drawing.lines[-1][2:-2]}
    assert len(inner) == 1


def test_a_box_without_arrows_coming_in_stands_right_above_the_first_that_needs_it() -> None:
    assert assign_rows(5, [(0, 1), (1, 2), (2, 3), (4, 3)]) == [0, 1, 2, 3, 2]


def test_a_box_that_only_such_boxes_lead_to_is_lowered_with_them() -> None:
    # 4 and 5 feed 6, which nobody needs before 3.
    assert assign_rows(7, [(0, 1), (1, 2), (2, 3), (4, 6), (5, 6), (6, 3)]) == [0, 1, 2, 3, 1, 1, 2]


def test_no_row_is_left_without_boxes() -> None:
    rows = assign_rows(6, [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (0, 5), (5, 4), (5, 2)])
    assert set(rows) == set(range(max(rows) + 1))


def test_ends_of_arrows_at_a_box_stand_in_the_order_in_which_they_come() -> None:
    drawing = layout([(40.0, 20.0)] * 4, [(2, 3), (0, 3), (1, 3)])
    starts = [line[0][0] for line in drawing.lines]
    ends = [line[-1][0] for line in drawing.lines]
    assert sorted(starts) == [start for _, start in sorted(zip(ends, starts, strict=True))]
    assert len(set(ends)) == 3


def test_many_ends_share_the_width_of_a_narrow_box() -> None:
    arrows = [(box, 20) for box in range(20)]
    drawing = layout([(40.0, 20.0)] * 21, arrows)
    left, right, *_ = edges(drawing, [(40.0, 20.0)] * 21)[20]
    ends = sorted(line[-1][0] for line in drawing.lines)
    assert left < ends[0]
    assert ends[-1] < right
    assert len(set(ends)) == 20


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="without cycles"):
        layout([(1.0, 1.0)] * 3, [(0, 1), (1, 2), (2, 1)])


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one box"):
        layout([], [])


def test_a_deep_graph_needs_no_deep_recursion() -> None:
    count = 3000
    drawing = layout([(40.0, 20.0)] * count, [(box, box + 1) for box in range(count - 1)])
    assert len({x for x, _ in drawing.centres}) == 1
