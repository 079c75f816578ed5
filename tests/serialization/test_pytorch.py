"""What PyTorch saved, read without it: a committed file, and what it saves today."""

from __future__ import annotations

import io
import os
import pickle
import re
import sys
import types
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.engine.backend import to_numpy

from .optimizers import CASES, gradient, weights
from .pytorch_file import PATH


@pytest.fixture(scope="module")
def saved() -> Any:
    return minigen.load(PATH)


def test_tensors_of_every_layout_come_back(saved: Any) -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    expected: dict[str, Any] = {
        "transposed": x.T,
        "strided": x[1:, ::2],
        "whole": x,
        "row of the same storage": x[1],
        "expanded": x[:1].repeat(3, axis=0),
        "half": x.astype(np.float16),
        "double": x.astype(np.float64) / 3,
        "integers": np.arange(3),
        "short": np.arange(3, dtype=np.uint16),
        "booleans": np.array([True, False]),
        "scalar": np.float32(2.5),
        "empty": np.zeros((0, 3), np.float32),
        "parameter": x[0],
    }
    tensors = dict(saved["tensors"])
    bfloat16 = tensors.pop("bfloat16").numpy()
    assert list(tensors) == list(expected)
    for name, tensor in tensors.items():
        found = tensor.numpy()
        assert found.dtype == expected[name].dtype
        assert found.flags.c_contiguous
        np.testing.assert_array_equal(found, expected[name], strict=True)
    assert bfloat16.dtype == np.float32
    assert not (bfloat16.view(np.uint32) & 0xFFFF).any()  # values that bfloat16 has
    np.testing.assert_allclose(bfloat16, x / 3, rtol=2**-8)


def test_tensors_of_one_storage_are_apart_afterwards(saved: Any) -> None:
    whole, row = saved["tensors"]["whole"], saved["tensors"]["row of the same storage"]
    assert not np.shares_memory(whole.numpy(), row.numpy())


def test_a_module_of_pytorchs_computes_the_same_here(saved: Any) -> None:
    model = nn.Sequential(nn.Dense(4, 3), nn.BatchNorm1d(3), nn.Dense(3, 2))
    model.load_state_dict(saved["module"])
    output = model.eval()(minigen.tensor(saved["x"].numpy())).numpy()
    np.testing.assert_allclose(output, saved["output"].numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_as_in_pytorch(name: str, saved: Any) -> None:
    kind, _ = CASES[name]
    found = saved["optimizers"][name]
    ours = [nn.Parameter(each) for each in found["parameters"]]
    optimizer = getattr(optim, kind)(ours, lr=1e-9)  # the state says which options hold
    optimizer.load_state_dict(found["state"])
    for step in range(3, 6):
        for each in ours:
            each.grad = minigen.tensor(gradient(to_numpy(each.array), step))
        optimizer.step()
    for each, expected in zip(ours, found["after"], strict=True):
        np.testing.assert_allclose(each.numpy(), expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_as_in_the_pytorch_of_today(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    kind, options = CASES[name]
    theirs = [torch.nn.Parameter(torch.from_numpy(each)) for each in weights()]
    other = getattr(torch.optim, kind)(theirs, **options)

    def step(number: int) -> None:
        for each in theirs:
            each.grad = torch.from_numpy(gradient(each.detach().numpy(), number))
        other.step()

    for number in range(10):
        step(number)
    torch.save({"parameters": theirs, "state": other.state_dict()}, tmp_path / "checkpoint.pt")
    found = minigen.load(tmp_path / "checkpoint.pt")
    ours = [nn.Parameter(each) for each in found["parameters"]]
    optimizer = getattr(optim, kind)(ours)
    optimizer.load_state_dict(found["state"])
    for number in range(10, 30):
        step(number)
        for each in ours:
            each.grad = minigen.tensor(gradient(to_numpy(each.array), number))
        optimizer.step()
        for mine, expected in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine.numpy(), expected.detach().numpy(), rtol=1e-10)


def test_a_state_of_pytorchs_that_never_left_memory_will_do() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    other = torch.optim.Adam([("w", theirs)], lr=torch.tensor(0.25))
    theirs.grad = torch.ones(2)
    other.step()
    ours = nn.Parameter(theirs.detach().numpy())
    optimizer = optim.Adam([ours])
    optimizer.load_state_dict(other.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.25
    assert optimizer.state[ours]["step"] == 1


@pytest.mark.parametrize(
    ("kind", "change", "fault"),
    [
        ("Adam", {"maximize": True}, "maximize=True, and here it is always False"),
        ("SGD", {"maximize": True}, "maximize=True, and here it is always False"),
        ("Adam", {"decoupled_weight_decay": True}, "decoupled_weight_decay=True, and here it"),
        ("AdamW", {"decoupled_weight_decay": False}, "decoupled_weight_decay=False, and here"),
        ("Adam", {"momentum_decay": 0.1}, "unexpected option 'momentum_decay'"),
    ],
)
def test_another_algorithm_of_pytorchs_is_named(
    saved: Any, kind: str, change: dict[str, Any], fault: str
) -> None:
    state = saved["optimizers"]["momentum" if kind == "SGD" else kind]["state"]
    state = {**state, "param_groups": [{**state["param_groups"][0], **change}]}
    optimizer = getattr(optim, kind)([nn.Parameter(each) for each in weights()])
    with pytest.raises(ValueError, match="nothing was loaded") as raised:
        optimizer.load_state_dict(state)
    assert fault in str(raised.value)
    assert optimizer.state == {}


# ------------------------------------------------------------------------------- what is refused


class Harmful:
    """Pickled, it asks for a call of whatever is given."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.called = function, arguments

    def __reduce__(self) -> Any:
        return self.called


def archive(
    contents: bytes, name: str = "archive/data.pkl", method: int = zipfile.ZIP_STORED
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        made.writestr(name, contents)
        made.writestr("archive/data/0", np.arange(4, dtype=np.float32).tobytes())
    return stream.getvalue()


def refusal(folder: Path, contents: bytes) -> str:
    (folder / "file.pt").write_bytes(contents)
    with pytest.raises(ValueError, match=r"file\.pt") as raised:
        minigen.load(folder / "file.pt")
    return str(raised.value)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("echo harm",), r"posix.system|nt.system"),
        (eval, ("1 + 1",), r"__builtin__.eval|builtins.eval"),
        (getattr, ("x", "upper"), r"__builtin__.getattr|builtins.getattr"),
        (np.zeros, (2,), "numpy.zeros"),
        (open, ("harm", "w"), r"_?io.open|__builtin__.open"),
    ],
)
def test_a_pickle_that_calls_functions_is_refused_by_their_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    protocol: int,
    function: Any,
    arguments: Any,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    thing = {"weights": Harmful(function, *arguments)}
    message = refusal(tmp_path, archive(pickle.dumps(thing, protocol)))
    assert re.search(f"it asks for ({name}), which is refused", message)
    assert not (tmp_path / "harm").exists()


def test_the_names_that_are_known_cannot_be_changed(tmp_path: Path) -> None:
    # OrderedDict itself, with {"x": 1} to be set among its attributes.
    program = b"\x80\x02ccollections\nOrderedDict\nN}X\x01\x00\x00\x00xK\x01s\x86b."
    refusal(tmp_path, archive(program))
    assert not hasattr(OrderedDict, "x")
    program = program.replace(b"collections\nOrderedDict", b"torch._utils\n_rebuild_tensor")
    refusal(tmp_path, archive(program))


def tensor_program(storage: Any, *arguments: Any) -> bytes:
    """Return a pickle that puts a tensor together."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: Any) -> Any:
            return storage if isinstance(thing, _Storage) else None

    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    rebuild = type("_rebuild_tensor_v2", (), {"__module__": "torch._utils"})
    kind = type("FloatStorage", (), {"__module__": "torch"})
    utils._rebuild_tensor_v2, torch.FloatStorage = rebuild, kind  # type: ignore[attr-defined]
    before = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules |= {"torch": torch, "torch._utils": utils}
    try:
        storage = tuple(kind if each == "FloatStorage" else each for each in storage)
        stream = io.BytesIO()
        made = Harmful(rebuild, _Storage(), *arguments)
        Pickler(stream, 2).dump(made)
        return stream.getvalue()
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


class _Storage:
    pass


STORAGE = ("storage", "FloatStorage", "0", "cpu", 4)


def test_a_tensor_within_its_storage_is_read(tmp_path: Path) -> None:
    (tmp_path / "file.pt").write_bytes(
        archive(tensor_program(STORAGE, 1, (3,), (1,), False, OrderedDict()))
    )
    assert minigen.load(tmp_path / "file.pt").tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [
        (0, (5,), (1,)),
        (1, (2, 2), (2, 1)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (-2,), (1,)),
        (0, (2, 2), (1,)),
        (4, (), ()),
        (0, (2**40,), (2**40,)),
    ],
)
def test_a_tensor_that_reaches_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    program = tensor_program(STORAGE, offset, shape, stride, False, OrderedDict())
    assert "outside its storage of 4 numbers" in refusal(tmp_path, archive(program))


def test_storages_that_are_not_there_or_too_short_are_refused(tmp_path: Path) -> None:
    for storage, words in (
        (("storage", "FloatStorage", "0", "cpu", 5), "storage 0 holds 4 numbers, not 5"),
        (("storage", "FloatStorage", "1", "cpu", 4), "archive/data/1"),
        (("storage", "FloatStorage", 7, "cpu", 4), "it asks for a 'storage', which is refused"),
        (("module", "FloatStorage", "0", "cpu", 4), "it asks for a 'module', which is refused"),
    ):
        program = tensor_program(storage, 0, (4,), (1,), False, OrderedDict())
        assert words in refusal(tmp_path, archive(program))


def test_a_negated_view_is_refused(tmp_path: Path) -> None:
    program = tensor_program(STORAGE, 0, (4,), (1,), False, OrderedDict(), {"neg": True})
    assert "save the tensor's .clone()" in refusal(tmp_path, archive(program))


@pytest.mark.parametrize("cut", [10, 100, 500, 2000, -200, -30, -1])
def test_a_damaged_file_is_told(tmp_path: Path, cut: int) -> None:
    refusal(tmp_path, PATH.read_bytes()[:cut])


def test_other_archives_are_told(tmp_path: Path) -> None:
    compressed = archive(pickle.dumps({}), method=zipfile.ZIP_DEFLATED)
    assert "archive/data.pkl is compressed" in refusal(tmp_path, compressed)
    assert "without data.pkl" in refusal(tmp_path, archive(b"", name="other"))
    stream = io.BytesIO()
    np.savez(stream, x=np.zeros(2))
    assert "numpy.load reads it" in refusal(tmp_path, stream.getvalue())
    assert "before version 1.6" in refusal(tmp_path, pickle.dumps([1], 2))


def test_whole_modules_and_other_kinds_of_tensors_are_refused_by_name(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refused = {
            "torch.nn.modules.linear.Linear": torch.nn.Linear(2, 2),
            "torch.ComplexFloatStorage": torch.zeros(2, dtype=torch.complex64),
            "torch._utils._rebuild_sparse_tensor": torch.eye(2).to_sparse(),
            "torch.float8_e4m3fn": torch.ones(2).to(torch.float8_e4m3fn),
        }
        for name, thing in refused.items():
            torch.save({"x": thing}, tmp_path / "x.pt")
            assert f"it asks for {name}, which is refused" in refusal(
                tmp_path, (tmp_path / "x.pt").read_bytes()
            )


def test_what_pytorch_saved_as_safetensors_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file
    x = torch.arange(6.0).reshape(2, 3)
    save_file({"x": x, "b": x.bfloat16() / 3}, tmp_path / "x.safetensors")
    found = minigen.load(tmp_path / "x.safetensors")
    assert found["x"].tolist() == x.tolist()
    assert found["b"].numpy().tolist() == (x.bfloat16() / 3).float().tolist()
