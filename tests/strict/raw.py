"""Kernels in CUDA C++ on the stand-in: the same text, compiled for the host.

A C++ compiler is given the text after a few lines that make C++ of CUDA's words, and a loop that
runs all blocks one after the other, with one thread each, or with as many threads of the host's as
a test asks for: these meet at ``__syncthreads()``. As on a card, float32 arithmetic flushes
subnormal numbers; no product is fused with a sum.

What is compiled is kept in the folder of temporary files, under a name made of its text.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.strict import graphs
from tests.strict.array import expect_current, ndarray
from tests.strict.counters import note_launch
from tests.strict.refusal import Refused

_BEFORE: Final = """
#include <cmath>
#include <pthread.h>
#include <xmmintrin.h>
using std::exp; using std::expm1; using std::fabs; using std::log1p; using std::sqrt;
using std::tanh; using std::isnan; using std::floor; using std::frexp;
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
struct Place { unsigned x, y, z; };
static thread_local Place threadIdx, blockIdx;
static Place blockDim, gridDim;
static pthread_barrier_t meeting;
#define __global__ static
#define __device__ static inline
#define __shared__ static
#define __syncthreads() if (blockDim.x > 1) pthread_barrier_wait(&meeting)
"""
"""What makes C++ of CUDA's words."""

_AFTER: Final = """
struct Turn {{ unsigned block, thread; int flush; void** given; }};
static void* take(void* told) {{
    Turn turn = *(Turn*)told;
    void** given = turn.given;
    unsigned before = _mm_getcsr();
    if (turn.flush) _mm_setcsr(before | 0x8040);
    threadIdx = {{turn.thread, 0, 0}};
    blockIdx = {{turn.block, 0, 0}};
    {name}({arguments});
    _mm_setcsr(before);
    return nullptr;
}}
extern "C" void run(unsigned blocks, unsigned threads, int flush, void** given) {{
    gridDim = {{blocks, 1, 1}};
    blockDim = {{threads, 1, 1}};
    pthread_barrier_init(&meeting, nullptr, threads);
    for (unsigned block = 0; block < blocks; block++) {{
        pthread_t running[256];
        Turn turns[256];
        for (unsigned t = 0; t < threads; t++) turns[t] = {{block, t, flush, given}};
        if (threads == 1) {{ take(turns); continue; }}
        for (unsigned t = 0; t < threads; t++)
            pthread_create(running + t, nullptr, take, turns + t);
        for (unsigned t = 0; t < threads; t++) pthread_join(running[t], nullptr);
    }}
    pthread_barrier_destroy(&meeting);
}}
"""
"""What runs a kernel for all blocks and threads."""

OPTIONS: Final = ("-std=c++17", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-pthread", "-w")

WITHOUT_COMPILER: Final = "needs a C++ compiler: install g++ or clang++"

_threads: list[int] = [1]
"""How many threads a block has: the last counts."""


@contextlib.contextmanager
def block_of(threads: int) -> Iterator[None]:
    """Run the blocks of kernels with so many threads inside a ``with`` block."""
    _threads.append(threads)
    try:
        yield
    finally:
        _threads.pop()


class RawKernel:
    """A kernel that is compiled when it is first launched."""

    __module__ = "cupy"

    def __init__(
        self, code: str, name: str, options: Sequence[str] = (), backend: str = "nvrtc"
    ) -> None:
        self.code = code
        self.name = name
        self._parameters = parameters_of(code, name)

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], args: Sequence[Any]) -> None:
        """Launch it."""
        if len(args) != len(self._parameters):
            raise Refused(f"{self.name} takes {len(self._parameters)} arguments, got {len(args)}")
        for parameter, value in zip(self._parameters, args, strict=True):
            self._check(parameter, value)
        note_launch("kernel", self.name)
        kept = [_in_memory(value) for value in args]
        pointers = (ctypes.c_void_p * len(kept))(*(ctypes.addressof(value) for value in kept))
        flush = "typedef float Number" in self.code
        run, threads = compiled(self.code, self.name, _threads[-1]), _threads[-1]
        graphs.do(lambda: (kept, args, run(grid[0], threads, flush, pointers)))

    def _check(self, parameter: str, value: Any) -> None:
        """Refuse what CuPy would hand to the kernel as something else than it says."""
        if isinstance(value, ndarray):
            if "*" not in parameter or value.dtype != self._element(parameter):
                raise Refused(f"{self.name}: an array of {value.dtype} for {parameter!r}")
            expect_current(value)
            if not parameter.startswith("const"):
                value._memory.write()
        elif not isinstance(value, np.generic | np.ndarray):
            raise Refused(f"{self.name}: {type(value).__name__} for {parameter!r}: of what size?")
        elif isinstance(value, np.integer) and "Index" not in parameter and "*" not in parameter:
            raise Refused(f"{self.name}: an integer for {parameter!r}")
        elif isinstance(value, np.floating):
            wide = "typedef double Number" in self.code or "double" in parameter
            if "Index" in parameter or value.itemsize != (8 if wide else 4):
                raise Refused(f"{self.name}: {value.dtype} for {parameter!r}")

    def _element(self, parameter: str) -> Any:
        """Return the dtype that a pointer points to."""
        if "Index" in parameter:
            return np.int64
        wide = "double" in parameter or "typedef double Number" in self.code
        return np.float64 if wide else np.float32


def parameters_of(code: str, name: str) -> list[str]:
    """Return the parameters of a kernel in a text."""
    found = re.search(rf"__global__ void {name}\(([^)]*)\)", code)
    if found is None:
        raise Refused(f"there is no kernel {name} in the text")
    return [" ".join(part.split()) for part in found[1].split(",")]


@functools.cache
def compiled(code: str, name: str, threads: int = 1) -> Any:
    """Return a kernel as a function of the host's, for blocks of so many threads."""
    arguments = ", ".join(
        f"*({_type(parameter)}*)given[{number}]"
        for number, parameter in enumerate(parameters_of(code, name))
    )
    text = (
        _BEFORE
        + f"#define THREADS {threads}\n"
        + code.replace('extern "C" ', "")
        + _AFTER.format(name=name, arguments=arguments)
    )
    run = ctypes.CDLL(str(library_of(text))).run
    run.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
    return run


def compiler() -> str | None:
    """Return the path of a C++ compiler, if there is one."""
    return shutil.which("g++") or shutil.which("clang++")


def library_of(text: str) -> Path:
    """Compile a text, unless that was done before; return the library's file.

    Raises
    ------
    Refused
        If there is no compiler, or it refuses the text.
    """
    found = compiler()
    if found is None:
        raise Refused(f"the stand-in runs kernels: {WITHOUT_COMPILER}")
    key = hashlib.sha256("\n".join([*OPTIONS, text]).encode()).hexdigest()[:24]
    folder = Path(tempfile.gettempdir()) / f"minigen-kernels-{os.getuid()}"
    library = folder / f"{key}.so"
    if not library.exists():
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as own:
            source, built = Path(own, "kernel.cpp"), Path(own, "kernel.so")
            source.write_text(text, encoding="utf-8")
            command = [found, *OPTIONS, str(source), "-o", str(built)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                raise Refused(f"the kernel does not compile:\n{done.stderr}")
            built.replace(library)
    return library


def _type(parameter: str) -> str:
    """Return the type of a parameter: all but its name."""
    return re.sub(r"\w+$", "", parameter).strip()


def _in_memory(value: Any) -> Any:
    """Return what a kernel is handed, as it lies in memory."""
    if isinstance(value, ndarray):
        return ctypes.c_void_p(value._host.ctypes.data)
    host = np.ascontiguousarray(value)
    return (ctypes.c_char * max(host.nbytes, 1)).from_buffer_copy(host.tobytes())
