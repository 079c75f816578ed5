"""Each mistake is found by its check, in the wrong code alone."""

from __future__ import annotations

import pytest

from minigen.clinic import MISTAKES, Mistake, find
from minigen.course import lessons
from minigen.explanation import page_of

ALL = [pytest.param(mistake, id=f"{mistake.number}-{mistake.title}") for mistake in MISTAKES]


@pytest.mark.host_only("the clinic runs on the host")
@pytest.mark.parametrize("mistake", ALL)
def test_the_check_finds_the_mistake_where_it_is_made_and_nowhere_else(mistake: Mistake) -> None:
    findings = mistake.findings()
    assert findings["wrong"].fault
    assert findings["right"].fault == ""
    assert findings["minigen"].fault == ""
    assert all(finding.measured for finding in findings.values())


def test_there_are_twenty_five_and_they_are_numbered() -> None:
    assert [mistake.number for mistake in MISTAKES] == list(range(1, 26))
    assert len({mistake.title for mistake in MISTAKES}) == 25
    assert all(find(mistake.number) is mistake for mistake in MISTAKES)
    with pytest.raises(ValueError, match="no mistake 26: they are numbered 1 to 25"):
        find(26)


@pytest.mark.parametrize("mistake", ALL)
def test_lessons_and_derivations_that_are_named_exist(mistake: Mistake) -> None:
    assert mistake.lesson in {lesson.number for lesson in lessons()}
    assert not mistake.derivation or mistake.derivation in page_of()
    for text in (mistake.symptom, mistake.cure):
        assert text.endswith(".")
    assert not mistake.title.endswith(".")
