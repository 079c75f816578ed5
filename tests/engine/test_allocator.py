"""Freed memory is kept from the first backward pass on, and given back after the last."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading

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


@with_glibc
def test_a_watcher_ends_by_itself_and_the_next_pass_starts_another(
    watch: allocator.Watch,
) -> None:
    before = set(watchers())
    for _ in range(2):
        watch.notice()
        watch.notice()
        (thread,) = set(watchers()) - before
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
def test_a_forked_process_has_a_watch_that_starts_anew(watch: allocator.Watch) -> None:
    watch._running = True
    watch.forget()
    assert not watch._running
