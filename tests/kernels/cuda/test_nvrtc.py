"""CUDA's own compiler, NVRTC, compiles every kernel for two generations of cards, without one.

It comes in a wheel, ``nvidia-cuda-nvrtc-cu12``, and is called through its C interface with the
options that CuPy hands to it.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from minigen.kernels.cuda.source import TYPES
from tests.kernels.cuda.listing import all_kernels

ARCHITECTURES = ("sm_80", "sm_90")

OPTIONS = (b"-ftz=true", b"--std=c++17")


@functools.cache
def nvrtc() -> Any:
    """Return the library, or skip."""
    try:
        found = importlib.util.find_spec("nvidia.cuda_nvrtc")
    except ModuleNotFoundError:
        found = None
    if found is None or not found.submodule_search_locations:
        pytest.skip("needs NVRTC: pip install nvidia-cuda-nvrtc-cu12")
    folder = Path(next(iter(found.submodule_search_locations)))
    return ctypes.CDLL(str(next(folder.glob("lib/libnvrtc.so.*"))))


def compile_for(source: str, architecture: str) -> tuple[int, str]:
    """Return the size of the machine code, and what the compiler had to say."""
    library, program = nvrtc(), ctypes.c_void_p()
    options = [f"--gpu-architecture={architecture}".encode(), *OPTIONS]
    given = (ctypes.c_char_p * len(options))(*options)
    library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None)
    status = library.nvrtcCompileProgram(program, len(options), given)
    length, size = ctypes.c_size_t(), ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(length))
    log = ctypes.create_string_buffer(length.value)
    library.nvrtcGetProgramLog(program, log)
    if status == 0:
        library.nvrtcGetCUBINSize(program, ctypes.byref(size))
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return size.value, log.value.decode().strip()


@pytest.mark.parametrize("name", all_kernels())
def test_every_kernel_compiles_for_every_architecture_without_a_warning(name: str) -> None:
    for dtype in TYPES:
        source = all_kernels()[name].source(dtype)
        for architecture in ARCHITECTURES:
            size, said = compile_for(source, architecture)
            assert (size > 0, said) == (True, ""), (dtype, architecture)


@pytest.mark.parametrize(("name", "numbers"), [("adam", 9), ("sgd", 7), ("rmsprop", 8)])
def test_updates_that_read_their_numbers_from_memory_compile(name: str, numbers: int) -> None:
    source = all_kernels()[f"optimizers.{name}"].source("float32", numbers)
    size, said = compile_for(source, "sm_90")
    assert (size > 0, said) == (True, "")


def test_what_is_wrong_is_told() -> None:
    size, said = compile_for('extern "C" __global__ void wrong() { missing = 1; }', "sm_80")
    assert size == 0
    assert 'identifier "missing" is undefined' in said
