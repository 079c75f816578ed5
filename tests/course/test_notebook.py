from __future__ import annotations

import os
import subprocess
import sys

import pytest

import minigen.functional as F
from minigen.course import at_most, notebook, progress, show_source
from minigen.engine.graph import walk_back
from minigen.optim import SGD


@pytest.mark.parametrize(("value", "fast"), [("1", True), ("0", False), ("", False)])
def test_fast_mode_is_chosen_by_the_environment(value: str, fast: bool) -> None:
    program = "from minigen.course import FAST; print(FAST)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"MINIGEN_FAST": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{fast}\n"


def test_progress_goes_to_the_output_and_not_to_the_error_stream(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(progress(range(3), "counting")) == [0, 1, 2]
    shown = capsys.readouterr()
    assert "counting: 100%" in shown.out
    assert shown.err == ""


def test_in_fast_mode_rounds_are_few_and_settings_are_all_gone_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert at_most(2000) == 2000
    monkeypatch.setattr(notebook, "FAST", True)
    assert (at_most(2000), at_most(2)) == (3, 2)
    assert list(progress(range(10, 2000))) == [10, 11, 12]
    assert list(progress("abcdef")) == list("abcdef")


def test_an_op_is_shown_with_its_rule() -> None:
    shown = repr(show_source(F.exp))
    assert shown.startswith("# minigen/ops/arithmetic.py\n@op\ndef exp(")
    assert "@exp.vjp\ndef exp_vjp(" in shown


def test_an_op_without_a_rule_is_shown_alone() -> None:
    assert len(show_source(F.eq).parts) == 1


def test_a_method_is_shown_without_its_indentation() -> None:
    assert "\ndef update(" in repr(show_source(SGD.update))


def test_a_notebook_shows_code_in_colours() -> None:
    shown = show_source(walk_back)._repr_markdown_()
    assert shown.startswith("`minigen/engine/graph.py`\n```python\ndef walk_back(")
    assert shown.endswith("\n```")


def test_code_that_is_not_the_librarys_is_shown_by_its_files_name() -> None:
    ((place, _),) = show_source(subprocess.run).parts
    assert place == "subprocess.py"


def test_what_has_no_source_is_an_error() -> None:
    with pytest.raises(TypeError):
        show_source(len)
