from __future__ import annotations

import subprocess
import sys

import minigen
from minigen.cli import COMMANDS

from .helpers import call, error

HEAVY = ("matplotlib", "rich", "safetensors", "pooch", "tqdm", "torch", "cupy", "PIL")


def test_help_lists_every_command() -> None:
    shown = call("--help").output
    for command in COMMANDS:
        assert command.name is not None
        assert f"\n  {command.name} " in shown
        assert command.get_short_help_str(200) != ""


def test_every_command_explains_itself() -> None:
    for command in COMMANDS:
        assert call(command.name, "-h").output.startswith(f"Usage: main {command.name}")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from minigen.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


def test_the_version_is_the_librarys() -> None:
    assert call("--version").output == f"minigen, version {minigen.__version__}\n"


def test_an_unknown_command_is_an_error_of_use() -> None:
    assert "No such command 'trian'" in error("trian", status=2)


def test_the_package_runs_as_a_module() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "minigen", "--version"], check=True, capture_output=True, text=True
    )
    assert shown.stdout == call("--version").output.replace("main", "minigen")
