from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

import minigen
from minigen import Generator, nn, optim
from minigen.engine.backend import to_numpy

DTYPES = ["bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]
DTYPES += ["float16", "float32", "float64"]


def round_trip(folder: Path, thing: Any) -> Any:
    minigen.save(folder / "file.safetensors", thing)
    return minigen.load(folder / "file.safetensors")


def network() -> nn.Module:
    return nn.Sequential(nn.Dense(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Dense(3, 2))


def test_a_module_comes_back_and_its_file_holds_its_state_and_nothing_else(tmp_path: Path) -> None:
    model, other = network(), network()
    state = round_trip(tmp_path, model)
    other.load_state_dict(state)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(to_numpy(other.state_dict()[name].array), value.numpy())
    assert load_file(tmp_path / "file.safetensors").keys() == model.state_dict().keys()
    with safe_open(tmp_path / "file.safetensors", framework="np") as file:
        assert file.metadata() is None


def test_pytorch_loads_a_module_as_it_is(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    load = pytest.importorskip("safetensors.torch").load_file
    model = network()
    minigen.save(tmp_path / "model.safetensors", model)
    layers = torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.ReLU(), torch.nn.Linear(3, 2)
    theirs = torch.nn.Sequential(*layers)
    theirs.load_state_dict(load(tmp_path / "model.safetensors"))
    np.testing.assert_array_equal(theirs[0].weight.detach().numpy(), model[0].weight.numpy())  # type: ignore[index]


@pytest.mark.host_only("a GPU's arrays lie in C order when they are made of NumPy's")
@pytest.mark.parametrize(
    "lay",
    [
        np.asfortranarray,
        lambda x: x[::-1],
        lambda x: x.T.copy().T,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: np.broadcast_to(x[:1], x.shape),
        lambda x: x.astype(">f4"),
    ],
    ids=["Fortran", "reversed", "transposed", "strided", "broadcast", "big-endian"],
)
def test_numbers_come_back_in_their_places_however_they_lay_in_memory(
    tmp_path: Path, lay: Any
) -> None:
    x = lay(np.arange(6, dtype=np.float32).reshape(2, 3))
    dense = nn.Dense(3, 2)
    dense.weight.data = x
    for thing in (dense, {"weight": x, "bias": dense.bias}, {"all": [{"weight": x}]}):
        found = round_trip(tmp_path, thing)
        found = found["all"][0] if "all" in found else found
        assert found["weight"].tolist() == x.tolist()
        assert found["weight"].array.flags.c_contiguous
        assert found["weight"].dtype == np.float32


@pytest.mark.host_only("a GPU's float16 and unsigned integers are not at issue")
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_kept(tmp_path: Path, dtype: str) -> None:
    for x in (np.array([[0, 1], [2, 3]], dtype), np.array(1, dtype), np.zeros((0, 3), dtype)):
        found = round_trip(tmp_path, {"x": x})["x"]
        assert found.dtype == dtype
        assert found.shape == x.shape
        assert found.tolist() == x.tolist()


def test_nan_and_infinity_are_kept(tmp_path: Path) -> None:
    found = round_trip(tmp_path, {"x": minigen.tensor([math.nan, math.inf, -0.0]), "lr": math.inf})
    np.testing.assert_array_equal(found["x"].numpy(), [math.nan, math.inf, -0.0])
    assert np.signbit(found["x"].numpy()[2])
    assert found["lr"] == math.inf


def test_a_dict_comes_back_as_it_was_nested(tmp_path: Path) -> None:
    thing = {
        "epoch": 3,
        "best": None,
        "done": True,
        "lr": np.float32(0.5),
        "name": "Ångström",
        "betas": (0.9, 0.999),
        "losses": [1.5, [2, "x"], {}],
        7: {"weights": [minigen.tensor([1.0]), minigen.tensor([2.0])]},
        "empty": {},
    }
    found = round_trip(tmp_path, thing)
    assert list(found) == list(thing)
    weights = found[7].pop("weights")
    assert [weight.tolist() for weight in weights] == [[1.0], [2.0]]
    assert found == {**thing, 7: {}, "lr": 0.5}
    assert type(found["lr"]) is float
    with safe_open(tmp_path / "file.safetensors", framework="np") as file:
        assert sorted(file.keys()) == ["7.weights.0", "7.weights.1"]
    assert round_trip(tmp_path, {}) == {}


def test_an_interrupted_loop_goes_on_bit_for_bit(tmp_path: Path) -> None:
    def start() -> tuple[nn.Module, optim.Optimizer, Any, Generator]:
        generator = Generator(0)
        first = nn.Dense(4, 8, generator=generator)
        model = nn.Sequential(first, nn.BatchNorm1d(8), nn.Dense(8, 1, generator=generator))
        optimizer = optim.AdamW(model.parameters(), lr=0.05, amsgrad=True)
        return model, optimizer, optim.lr_scheduler.StepLR(optimizer, 2, 0.5), generator

    def run(parts: tuple[nn.Module, optim.Optimizer, Any, Generator], steps: int) -> None:
        model, optimizer, schedule, generator = parts
        for _ in range(steps):
            x = minigen.tensor(generator.normal((16, 4)))
            loss = ((model(x) - x.sum(1, keepdims=True)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

    through = start()
    run(through, 7)
    stopped = start()
    run(stopped, 3)
    names = ("model", "optimizer", "schedule", "generator")
    found = round_trip(tmp_path, dict(zip(names, stopped, strict=True)))
    resumed = start()
    for part, name in zip(resumed[:3], names, strict=False):
        part.load_state_dict(found[name])
    resumed[3].set_state(found["generator"])
    run(resumed, 4)
    for name, value in through[0].state_dict().items():
        assert resumed[0].state_dict()[name].numpy().tobytes() == value.numpy().tobytes()


def test_what_is_loaded_shares_no_memory_with_what_was_saved(tmp_path: Path) -> None:
    x = minigen.tensor([1.0, 2.0])
    found = round_trip(tmp_path, {"a": x, "b": x})
    with minigen.no_grad():
        found["a"].fill_(5.0)
    assert x.tolist() == found["b"].tolist() == [1.0, 2.0]


class Opaque:
    pass


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        ({"model": {"name": Opaque()}}, "entry 'model.name' is a Opaque"),
        ({"loss": lambda x: x}, "entry 'loss' is a function"),
        ({"words": {1, 2}}, "entry 'words' is a set"),
        ({"z": 1j}, "entry 'z' is a complex"),
        ({"raw": b"abc"}, "entry 'raw' is a bytes"),
        ({(1, 2): 3}, r"a key must be a string or an integer, got \(1, 2\) in the dict"),
        ({"a": {True: 3}}, "got True in 'a'"),
        ({"z": np.array([1j])}, "'z' is of dtype complex128"),
        ({"words": np.array(["a"])}, "'words' is of dtype <U1"),
        ({"things": np.array([None])}, "'things' is of dtype object"),
        ([1, 2], "a module, an optimiser or a dict is expected, got list"),
        (np.zeros(2), "got ndarray; give it a name"),
        (minigen.zeros(2), "got Tensor; give it a name"),
        (None, "got NoneType"),
    ],
)
def test_what_cannot_be_saved_is_named_and_nothing_is_written(
    tmp_path: Path, thing: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        minigen.save(tmp_path / "file.safetensors", thing)
    assert not list(tmp_path.iterdir())


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    x = np.zeros(1)
    with pytest.raises(ValueError, match=r"two entries would be called 'a\.b'"):
        minigen.save(tmp_path / "file.safetensors", {"a": {"b": x}, "a.b": x})
    with pytest.raises(ValueError, match="'__metadata__' is no name for an array"):
        minigen.save(tmp_path / "file.safetensors", {"__metadata__": x})


@pytest.mark.parametrize("name", ["model.pt", "model", "model.safetensors.bak", ""])
def test_a_name_of_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"ends in \.safetensors is expected, got"):
        minigen.save(tmp_path / name, nn.Dense(1, 1))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder") as raised:
        minigen.save(tmp_path / "absent" / "x.safetensors", nn.Dense(1, 1))
    assert raised.value.filename == str(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match=r"x\.safetensors"):
        minigen.load(tmp_path / "x.safetensors")


def test_a_folder_of_the_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").mkdir()
    with pytest.raises(IsADirectoryError, match=r"x\.safetensors'$"):
        minigen.save(tmp_path / "x.safetensors", nn.Dense(1, 1))
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.safetensors"
    minigen.save(path, {"x": minigen.zeros(2)})

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        minigen.save(path, {"x": minigen.ones(2)})
    monkeypatch.undo()
    assert minigen.load(path)["x"].tolist() == [0, 0]
    assert [each.name for each in tmp_path.iterdir()] == ["x.safetensors"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda contents: b"",
        lambda contents: contents[:-1],
        lambda contents: contents[:20],
        lambda contents: b"not a file of tensors at all",
        lambda contents: contents + b"more",
        lambda contents: contents.replace(b"F32", b"F8_"),
    ],
    ids=["empty", "cut", "cut in the header", "text", "longer", "dtype"],
)
def test_what_is_no_whole_file_is_told(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "x.safetensors"
    minigen.save(path, {"x": minigen.ones(2)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"x\.safetensors: no safetensors file, or a damaged"):
        minigen.load(path)


@pytest.mark.parametrize("text", ["{", '{"tensor": "y"}', '{"other": 1}', '{"dict": 3}', "[{}]"])
def test_metadata_that_do_not_fit_are_told(tmp_path: Path, text: str) -> None:
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(1)}, tmp_path / "x.safetensors", metadata={"minigen": text})
    with pytest.raises(ValueError, match="metadata do not fit its arrays"):
        minigen.load(tmp_path / "x.safetensors")


def test_metadata_of_other_programs_are_no_matter(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"x": np.ones(1)}, tmp_path / "x.safetensors", metadata={"format": "pt"})
    assert minigen.load(tmp_path / "x.safetensors")["x"].tolist() == [1]


def test_an_optimizer_goes_on_from_its_file(tmp_path: Path) -> None:
    def descend(optimizer: optim.Optimizer, weight: nn.Parameter, steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            (weight**2).sum().backward()
            optimizer.step()

    weight = nn.Parameter([1.0, -2.0])
    optimizer = optim.Adam([weight], lr=0.1, betas=(0.5, 0.9))
    descend(optimizer, weight, 3)
    other = nn.Parameter(copy.deepcopy(weight.array))
    second = optim.Adam([other])
    second.load_state_dict(round_trip(tmp_path, optimizer))
    assert second.param_groups[0]["betas"] == (0.5, 0.9)
    descend(optimizer, weight, 3)
    descend(second, other, 3)
    assert weight.tolist() == other.tolist()
