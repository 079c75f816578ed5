"""Copies of the project that tests may change, and what is run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Edit:
    """One text put in the place of another; a file that was not there has no text before."""

    file: str
    before: str
    after: str

    def make(self, checkout: Path) -> None:
        file = checkout / self.file
        text = file.read_text(encoding="utf-8") if self.before else ""
        assert self.before in text
        changed = text.replace(self.before, self.after, 1) if self.before else self.after
        file.write_text(changed, encoding="utf-8")


def copy_to(folder: Path) -> Path:
    """Copy the project to a folder; return it.

    What is compiled goes along: Python and pytest compile anew what is edited, since its time is
    another, and load the rest.
    """
    for name in ("minigen", "tests", "lessons", "docs", "benchmarks"):
        ignored = shutil.ignore_patterns("*.ipynb", "_build", "fonts", "images")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, folder / file)
    return folder


def run(checkout: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run some of a copy's tests."""
    return _python(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


def minigen(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a copy's."""
    return _python(checkout, "-c", "from minigen.cli import main; main()", *arguments)


def _python(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
