from __future__ import annotations

from typing import Any

import pytest

from lessons import inspection

from .notebooks import code, notebook, picture, printed, shown


def faults(cell: Any) -> list[str]:
    return [fault.partition("): ")[2] for fault in inspection.faults(notebook(cell))]


@pytest.mark.parametrize(
    "cell",
    [
        code("x = 1"),
        code("print(x)", printed("1\nsee https://arxiv.org/abs/1312.6114, docs/a.md and 1/2")),
        code("draw()", picture(), tags=("figure",)),
        code("graph()", shown("image/svg+xml", "<svg/>"), tags=("figure",)),
        {"cell_type": "markdown", "source": "/home/somebody", "metadata": {}},
    ],
)
def test_a_cell_that_shows_what_it_should_has_no_fault(cell: Any) -> None:
    assert inspection.faults(notebook(cell)) == []


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (code("x = 1", count=None), "was not run"),
        (
            code("1 / 0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "no"}),
            "raised ZeroDivisionError: no",
        ),
        (code("warn()", printed("UserWarning: old", "stderr")), "wrote to the error stream"),
        (code("print(p)", printed("saved in /home/ada/x.png")), "absolute path: '/home/ada/x.png'"),
        (code("print(p)", printed(r"saved in C:\Users\ada")), "absolute path"),
        (code("p", shown("text/html", "see /tmp/tmpabc/x")), "absolute path: '/tmp/tmpabc/x'"),
        (code("f", shown("text/plain", "<function f at 0x7f00>")), "shows an address"),
        (code("ax.plot(x)", shown("text/plain", "[<matplotlib.lines.Line2D>]")), "plt.show()"),
        (code("ax.set_title('x')", shown("text/plain", "Text(0.5, 1.0, 'x')")), "plt.show()"),
        (code("draw()", tags=("figure",)), "is tagged `figure`, but shows none"),
        (code("draw()", picture()), "shows a figure, but is not tagged"),
        (code("draw()", picture(blank=True), tags=("figure",)), "on which nothing is"),
    ],
)
def test_a_fault_is_named(cell: Any, fault: str) -> None:
    (found,) = faults(cell)
    assert fault in found


def test_a_fault_says_in_which_cell_it_is() -> None:
    cells = notebook(code("x = 1"), code("y = 2\nz = 3", count=None))
    assert inspection.faults(cells) == ["cell 1 (y = 2): was not run"]


def test_printed_lines_that_are_not_those_of_an_earlier_run_are_listed() -> None:
    bar = "training: 100%|████| 40/40 [00:02<00:00, {} it/s]\n"
    listing = {"data": {"text/plain": "def f(): ...", "text/markdown": "`f`"}}

    def run(loss: float, speed: float, output: Any) -> Any:
        text = bar.format(speed) + f"loss {loss}\nsteps 40\n"
        return notebook(code("train()", printed(text), shown("text/plain", "3")), code("f", output))

    before = run(1.25, 23.9, listing)
    assert inspection.changes(before, run(1.25, 22.1, {"data": {"text/markdown": "`g`"}})) == []
    assert inspection.changes(before, run(1.5, 22.1, listing)) == ["-loss 1.25", "+loss 1.5"]


def test_asserts_and_figures_are_counted() -> None:
    cells = notebook(
        code("assert 1\nfor x in y:\n    assert x, 'assert'"),
        {"cell_type": "markdown", "source": "assert this", "metadata": {}},
        code("draw()", picture(), picture(), tags=("figure",)),
    )
    assert inspection.asserts(cells) == 2
    assert len(inspection.figures(cells)) == 2
