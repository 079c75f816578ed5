"""Models, checkpoints and commands move between devices, and say what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

import minigen
from minigen import nn, optim
from minigen.cli import COMMANDS, main
from minigen.engine.backend import to_numpy
from minigen.training import RunConfig, load_model, resume, train
from tests.strict.library import Library

WITHOUT_DEVICE = {"data", "info", "lessons", "exercise", "metrics", "clinic"}
"""Commands that compute nothing, or as the clinic what is shown on the host."""

ON_A_RUN = {
    "sample": (),
    "reconstruct": (),
    "interpolate": (),
    "traverse": ("--steps", "3"),
    "evaluate": ("--samples", "2"),
}
"""Commands that load a run's model, with arguments."""


def call(*arguments: object) -> Result:
    """Run ``minigen`` with arguments."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def small_run(folder: Path, device: str, epochs: int = 1) -> Path:
    """Train a small model into a folder."""
    config = RunConfig(
        model_config={"hidden": [6], "latent": 2}, batch_size=256, epochs=epochs, device=device
    )
    return train(config, folder, progress=False, pictures=False).folder


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.name not in WITHOUT_DEVICE])
def test_every_command_that_computes_has_a_device(command: click.Command) -> None:
    assert "device" in [option.name for option in command.params]


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("command", ON_A_RUN)
@pytest.mark.parametrize(("trained", "used"), [("cpu", "cuda"), ("cuda", "cpu"), ("cuda", "cuda")])
def test_a_run_of_one_device_is_used_on_another(
    command: str, trained: str, used: str, tmp_path: Path
) -> None:
    folder = small_run(tmp_path, trained)
    result = call(command, folder, "--device", used, *ON_A_RUN[command])
    assert result.exit_code == 0, (result.output, result.exception)


@pytest.mark.usefixtures("cupy")
def test_gradients_are_checked_on_the_device() -> None:
    result = call("gradcheck", "conv2d", "--device", "cuda", "--order", "1")
    assert result.exit_code == 0, result.output
    assert "right" in result.output


@pytest.mark.parametrize(
    "arguments",
    [("train", "vae"), ("demo",), ("gradcheck", "exp"), *((name,) for name in ON_A_RUN)],
    ids=lambda arguments: arguments[0],
)
def test_without_cupy_a_command_says_what_to_install(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if arguments[0] in ON_A_RUN:
        arguments = (*arguments, str(small_run(tmp_path, "cpu")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it raises ImportError
    result = call(*arguments, "--device", "cuda")
    assert result.exit_code == 1
    assert "device 'cuda' needs CuPy" in result.output
    assert "pip install 'minigen-numpy[cuda13]' (or 'minigen-numpy[cuda12]'" in result.output


@pytest.mark.parametrize(
    "arguments", [("train", "vae"), ("demo",), ("gradcheck", "exp"), ("sample", ".")]
)
def test_what_is_no_device_is_refused(arguments: tuple[str, ...]) -> None:
    result = call(*arguments, "--device", "gpu")
    assert result.exit_code == 2
    assert "unknown device 'gpu': use 'cpu', 'cuda' or 'cuda:N'" in result.output


def test_info_shows_the_cards(cupy: Library) -> None:
    shown = call("info").output
    assert f"Stand-in 0, 8 GiB, CuPy {cupy.__version__}" in " ".join(shown.split())
    assert "cuda:1" in shown


@pytest.mark.usefixtures("cupy")
def test_a_module_moves_with_its_buffers_and_gradients_and_back() -> None:
    network = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm1d(4)).to("cpu")
    network(minigen.randn(5, 3, device="cpu")).sum().backward()
    before = {name: to_numpy(value.array).copy() for name, value in network.state_dict().items()}
    network.to("cuda")
    tensors = [*network.parameters(), *network.buffers()]
    assert {x.device for x in tensors} == {"cuda:0"}
    assert {p.grad.device for p in network.parameters() if p.grad is not None} == {"cuda:0"}
    network(minigen.randn(5, 3, device="cuda"))
    network.eval().to("cpu")
    for name, value in network.state_dict().items():
        if "running" not in name and "num" not in name:
            np.testing.assert_array_equal(value.array, before[name])


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(("saved", "loaded"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_states_of_modules_and_optimisers_are_loaded_on_another_device(
    saved: str, loaded: str
) -> None:
    def trained(device: str) -> tuple[nn.Module, optim.Optimizer]:
        layer = nn.Dense(3, 2, generator=minigen.Generator(0)).to(device)
        optimizer = optim.Adam(layer.parameters(), lr=0.1)
        x = minigen.ones(4, 3, device=device)
        (layer(x) ** 2).sum().backward()
        optimizer.step()
        return layer, optimizer

    (layer, optimizer), (other, others) = trained(saved), trained(loaded)
    other.load_state_dict(layer.state_dict())
    others.load_state_dict(optimizer.state_dict())
    device = minigen.zeros((), device=loaded).device
    assert {p.device for p in other.parameters()} == {device}
    others.step()
    optimizer.step()
    for a, b in zip(layer.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(("first", "then"), [("cpu", "cuda:0"), ("cuda:0", "cpu")])
def test_a_checkpoint_is_loaded_on_another_device_and_training_goes_on_there(
    first: str, then: str, tmp_path: Path
) -> None:
    folder = small_run(tmp_path, first)
    model = load_model(folder, device=then)
    assert {parameter.device for parameter in model.parameters()} == {then}
    config = folder / "config.json"
    text = config.read_text(encoding="utf-8")
    text = text.replace(f'"device": "{first}"', f'"device": "{then}"')
    config.write_text(text.replace('"epochs": 1', '"epochs": 2'), encoding="utf-8")
    run = resume(folder, progress=False, pictures=False)
    assert [record["epoch"] for record in run.history] == [1, 2]
    assert {parameter.device for parameter in run.model.parameters()} == {then}
