"""The allocator keeps memory only where it is asked to, and then it does."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from minigen.training import allocator

_FAULTS = """
import resource
import numpy as np
import minigen
{before}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def fill():
    return [np.ones(2**18, np.float32) for _ in range(8)]
fill()
before = faults()
for _ in range(20):
    fill()
print(faults() - before)
"""


def _page_faults(before: str) -> int:
    """Count the page faults of 160 arrays of 1 MiB in a fresh process, with glibc's defaults."""
    done = subprocess.run(
        [sys.executable, "-c", _FAULTS.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.host_only("the host's allocator")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is not glibc's")
def test_arrays_are_written_without_page_faults_once_freed_memory_is_kept() -> None:
    assert _page_faults("assert minigen.keep_freed_memory()") < 2000 < _page_faults("")


def test_on_other_systems_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert allocator.keep_freed_memory() is False
