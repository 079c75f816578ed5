"""Freed memory is kept from the first backward pass on, and given back after the last."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

import minigen
from minigen.engine import allocator

with_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the allocator is not glibc's"
)

pytestmark = pytest.mark.host_only("the host's allocator")

LOOP = """
import resource, time
import numpy as np
import minigen
from minigen.engine import allocator

def step():
    x = minigen.ones(2**18, requires_grad=True)
    (x * x + x).sum().backward()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
"""

FAULTS = """
step()
before = faults()
for _ in range(20):
    step()
print(faults() - before)
"""

RESIDENT = """
def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

allocator.IDLE_SECONDS = 0.1
step()
arrays = [np.ones(2**18) for _ in range(64)]
step()
del arrays
kept = resident()
time.sleep(1)
print(kept - resident())
"""


def outcome(program: str, **environment: str) -> int:
    """Run a program in a fresh process with glibc's defaults; return the number that it prints."""
    plain = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    done = subprocess.run(
        [sys.executable, "-c", LOOP + program],
        env={**plain, "MINIGEN_KERNELS": "numpy", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> allocator.Watch:
    """Return a watch of our own that would not sleep for long."""
    monkeypatch.setattr(allocator, "IDLE_SECONDS", 0.01)
    return allocator.Watch()


class CLibrary:
    """Stands in for glibc: takes all settings, or none, and keeps what it was told."""

    def __init__(self, takes: int = 1) -> None:
        self.takes = takes
        self.settings: dict[int, int] = {}
        self.paddings: list[int] = []

    def mallopt(self, option: int, size: int) -> int:
        self.settings[option] = size
        return self.takes

    def malloc_trim(self, padding: int) -> None:
        self.paddings.append(padding)


def watchers() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "minigen-memory"]


@with_glibc
def test_a_loop_of_ones_own_takes_its_arrays_from_memory_that_was_kept() -> None:
    assert outcome(FAULTS) < 1000
    assert outcome(FAULTS, MINIGEN_MEMORY="system") > 10_000


@with_glibc
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_kept_is_given_back_when_there_are_no_more_backward_passes() -> None:
    assert outcome(RESIDENT) > 64 * 2048 * 0.9  # KB: nearly all of 64 arrays of 2 MB


def test_glibc_is_told_by_the_numbers_of_its_header_how_much_to_keep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = CLibrary()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)
    assert allocator._told.__wrapped__() is True
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # malloc.h
    mebibytes = {option: size / 2**20 for option, size in library.settings.items()}
    assert mebibytes == {trim_threshold: 1024, top_pad: 64, mmap_threshold: 32}


def test_memory_is_not_kept_where_glibc_refuses_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: CLibrary(takes=0))
    assert allocator._told.__wrapped__() is False


def test_memory_is_kept_while_there_are_passes_and_then_given_back_whole(
    monkeypatch: pytest.MonkeyPatch, watch: allocator.Watch
) -> None:
    library, slept = CLibrary(), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) < 3:
            watch.notice()

    monkeypatch.setattr(allocator, "keep_freed_memory", lambda: True)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.run)
    monkeypatch.setattr(allocator, "time", SimpleNamespace(sleep=sleep))
    watch.notice()
    assert slept == [allocator.IDLE_SECONDS] * 3
    assert library.paddings == [0]


@with_glibc
def test_a_watcher_ends_by_itself_and_the_next_pass_starts_another(
    watch: allocator.Watch,
) -> None:
    before = set(watchers())
    for _ in range(2):
        watch.notice()
        watch.notice()
        (thread,) = set(watchers()) - before
        assert thread.daemon  # the process's end does not wait for it
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_nothing_is_kept_where_the_allocator_is_another(
    monkeypatch: pytest.MonkeyPatch, watch: allocator.Watch
) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    before = watchers()
    assert minigen.keep_freed_memory() is False
    watch.notice()
    assert watchers() == before


def test_the_environment_leaves_the_allocator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(allocator.VARIABLE, "system")
    assert not allocator.keeps_freed_memory()
    assert minigen.keep_freed_memory() is False


def test_a_wrong_word_in_the_environment_is_told_by_the_backward_pass_too(
    monkeypatch: pytest.MonkeyPatch, watch: allocator.Watch
) -> None:
    monkeypatch.setenv(allocator.VARIABLE, "plenty")
    for call in (allocator.keeps_freed_memory, watch.notice, watch.notice):
        with pytest.raises(
            allocator.AllocatorError,
            match="MINIGEN_MEMORY must be one of kept, system, got 'plenty'",
        ):
            call()


def test_arrays_that_are_held_keep_their_values_while_memory_is_used_again() -> None:
    held = []
    for value in range(20):
        x = minigen.tensor(np.full(2**16, float(value)), requires_grad=True)
        (x * x).sum().backward()
        held.append(x.grad)
    for value, gradient in enumerate(held):
        assert gradient is not None
        np.testing.assert_array_equal(gradient.numpy(), np.full(2**16, 2.0 * value))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system can't fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_a_watch_that_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator.watch, "_running", True)
    with allocator.watch._lock:
        child = os.fork()
        if child == 0:
            free = allocator.watch._lock.acquire(blocking=False)
            os._exit(allocator.watch._running or not free)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
