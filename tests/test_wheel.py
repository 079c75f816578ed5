"""The wheel: what an installed package has, away from its sources."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from minigen.course.lesson import helper_files
from minigen.derivations import CHECKOUT
from minigen.explanation import all_pages

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the package as a wheel installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_the_wheel_has_the_pages_of_derivations(installed: Path) -> None:
    shipped = {path.stem for path in (installed / "minigen" / "derivation_pages").glob("*.md")}
    assert shipped == {*all_pages(), "index"}


def test_explanations_work_without_the_sources(installed: Path, tmp_path: Path) -> None:
    program = (  # an editable install would let the package reach the rest of the checkout
        f"import sys; sys.path = [folder for folder in sys.path if folder != {str(ROOT)!r}];"
        "import minigen, minigen.derivations as pages;"
        "print(pages.folder(), minigen.explain('softplus').ok)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [str(installed / "minigen" / "derivation_pages"), "True"], (
        done.stderr
    )


def test_lessons_and_their_checks_work_without_the_sources(installed: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path = [folder for folder in sys.path if folder != {str(ROOT)!r}];"
        "import pathlib, minigen.course.lesson as lesson, minigen.course.exercises as exercises;"
        "first = exercises.exercises_of(lesson.find_lesson('01'))[0];"
        "copied = len(list(first.lesson.copy_to(pathlib.Path('mine'))));"
        "print(lesson.home(), copied, first, first.verdict(pathlib.Path('mine')).state);"
        "print(first.next_hint(pathlib.Path('mine')).partition(':')[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = f"{installed / 'minigen' / 'course' / 'lessons'} 3 01-softplus_rule to do\n"
    expected += "Hint 1 of 3\n"
    assert done.stdout == expected, done.stderr


def test_the_helpers_of_lessons_are_in_the_wheel(installed: Path) -> None:
    def helpers(folder: Path) -> set[str]:
        found = (path for lesson in folder.iterdir() for path in helper_files(lesson))
        return {path.relative_to(folder).as_posix() for path in found}

    shipped = helpers(installed / "minigen" / "course" / "lessons")
    assert shipped == helpers(ROOT / "lessons")


def test_a_checkout_has_no_second_copy_of_the_pages() -> None:
    assert CHECKOUT.is_dir()
    assert not (ROOT / "minigen" / "derivation_pages").exists()
