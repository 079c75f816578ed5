"""The page of the clinic lists the mistakes as the checks find them."""

from __future__ import annotations

from pathlib import Path

from minigen.clinic import MISTAKES

PAGE = Path(__file__).parents[2] / "docs" / "clinic.md"


def test_the_table_names_every_mistake_with_what_its_check_says() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    shown = [(row[0], row[1], row[2], row[4]) for row in rows[2:]]
    assert shown == [
        (str(mistake.number), mistake.title, mistake.check(mistake.wrong).fault, mistake.lesson)
        for mistake in MISTAKES
    ]
    assert all(row[3] in mistake.cure for row, mistake in zip(rows[2:], MISTAKES, strict=True))
