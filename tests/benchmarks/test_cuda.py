from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from click.testing import CliRunner, Result

from benchmarks import __main__ as command
from benchmarks import cuda
from benchmarks.contender import Contender
from benchmarks.contest import DisagreementError
from benchmarks.libraries import ON_A_CARD, make_trainee
from benchmarks.workloads import WORKLOADS
from tests.strict.library import Library

PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"

MILLISECONDS = {
    "minigen": [3.0, 1.0, 2.0],
    "captured": [0.5, 0.5, 0.5],
    "torch": [4.0, 5.0, 4.0],
    "graphs": [1.0, 1.0, 9.0],
}

OURS = ("minigen", "captured")


class FakeWorker:
    """Answers at once, and notes who was alive when."""

    events: ClassVar[list[str]] = []
    losses: ClassVar[dict[str, float]] = {}

    def __init__(self, contender: Contender, threads: int) -> None:
        self.library = contender.library
        assert threads == 1

    def call(self, method: str, **arguments: Any) -> Any:
        self.events.append(f"{method} {self.library}")
        figures = {"loss": self.losses.get(self.library, 1.0)}
        if method == "figures_on_card":
            assert arguments == {"name": "W2", "weights": "file"}
            return figures
        assert arguments == {"name": "W2", "weights": "file", "steps": 50, "warm_up": 7}
        return {
            "figures": figures,
            "milliseconds": MILLISECONDS[self.library],
            "launches": None if self.library in OURS else 40.4,
            "sets": None if self.library in OURS else 3.0,
            "copies": None if self.library in OURS else 2.0,
            "memory": 123_400_000,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.events.append(f"end {self.library}")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    """Workers that answer at once."""
    monkeypatch.setattr(FakeWorker, "events", [])
    monkeypatch.setattr(FakeWorker, "losses", {})
    monkeypatch.setattr(cuda, "Worker", FakeWorker)
    monkeypatch.setattr(cuda, "initial_weights", lambda _name: contextlib.nullcontext("file"))
    return FakeWorker


def call(*arguments: str) -> Result:
    return CliRunner().invoke(command.main, ["cuda", *arguments])


def test_each_contender_is_alone_on_the_card(workers: type[FakeWorker]) -> None:
    measured = cuda.measure_workload("W2", steps=50, warm_up=7, threads=1)
    assert workers.events == [
        *("figures_on_card minigen", "end minigen"),
        *("figures_on_card captured", "end captured"),
        *("figures_on_card torch", "end torch"),
        *("figures_on_card graphs", "end graphs"),
        *("run_on_card minigen", "end minigen"),
        *("run_on_card captured", "end captured"),
        *("run_on_card torch", "end torch"),
        *("run_on_card graphs", "end graphs"),
    ]
    assert [each.median for each in measured.values()] == [2, 0.5, 4, 1]


def test_contenders_that_compute_something_else_are_not_compared(
    workers: type[FakeWorker],
) -> None:
    workers.losses["graphs"] = 1.01
    with pytest.raises(DisagreementError, match="minigen computes loss = 1 and PyTorch, CUDA"):
        cuda.measure_workload("W2", steps=50, warm_up=7, threads=1)
    assert not any(event.startswith("run_on_card") for event in workers.events)


@pytest.mark.usefixtures("workers")
def test_each_measurement_is_written_at_once(tmp_path: Path) -> None:
    file = tmp_path / "cuda.json"
    record, seen = cuda.Record("A Card", 50, 7, file), []

    def tell(who: Contender, found: cuda.Measurement) -> None:
        assert record.add("W2", who, found).startswith("W2, ")
        seen.append(sorted(json.loads(file.read_text())["workloads"]["W2"]))

    cuda.measure_workload("W2", 50, 7, 1, tell)
    assert seen == [sorted(ON_A_CARD[: n + 1]) for n in range(len(ON_A_CARD))]
    written = json.loads(file.read_text())
    assert written["card"] == "A Card"
    assert written["workloads"]["W2"]["torch"]["median"] == 4
    assert written["workloads"]["W2"]["torch"]["copies"] == 2


@pytest.mark.usefixtures("workers")
def test_the_table_has_medians_ratios_launches_and_memory() -> None:
    measured = {"W2": cuda.measure_workload("W2", steps=50, warm_up=7, threads=1)}
    rows = cuda.table(measured).splitlines()
    assert rows[6:10] == [
        "| W2 | minigen | 2.000 | 0.50 | | | | 123 |",
        "| W2 | minigen, captured | 0.500 | 0.12 | | | | 123 |",
        "| W2 | PyTorch eager | 4.000 | 1.00 | 40 | 3 | 2 | 123 |",
        "| W2 | PyTorch, CUDA graphs | 1.000 | 0.25 | 40 | 3 | 2 | 123 |",
    ]
    assert rows[2] == "| W1 | minigen | not yet measured | | | | | |"
    assert len(rows) == 2 + 4 * len(cuda.MEASURED)
    assert len({row.count("|") for row in rows}) == 1


def test_the_documentation_has_the_rows_of_the_table() -> None:
    lines = PERFORMANCE.read_text(encoding="utf-8").splitlines()
    head, _, *rows = cuda.table({}).splitlines()
    start = lines.index(head)
    found = lines[start + 2 : start + 2 + len(rows)]
    assert [row.split("|")[1:3] for row in found] == [row.split("|")[1:3] for row in rows]


def test_the_command_prints_the_card_and_one_table(
    workers: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "find_card", lambda: "A Card, CUDA 13")
    done = call("--workloads", "W2", "--steps", "50", "--warm-up", "7", "--threads", "1")
    assert done.exit_code == 0, done.output
    first, *table = done.stdout.splitlines()
    assert first == "A Card, CUDA 13; medians of 50 steps after 7"
    assert "| W2 | PyTorch eager | 4.000 | 1.00 | 40 | 3 | 2 | 123 |" in table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "49"], "'--steps': 49 is not in the range x>=50"),
        (["--warm-up", "0"], "'--warm-up': 0 is not in the range"),
        (["--workloads", "W9"], "'W9' is none of W1, W2, W3, W4"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], message: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_without_cupy_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    done = call()
    assert done.exit_code == 1
    assert "needs CuPy" in done.output
    assert "pip install 'minigen-numpy[cuda13]'" in done.output


def fake_torch(*, available: bool) -> ModuleType:
    """Return a PyTorch that sees a card, or none."""
    torch: Any = ModuleType("torch")
    torch.__version__ = "9.9"
    torch.version = SimpleNamespace(cuda="13.0")
    torch.cuda = SimpleNamespace(is_available=lambda: available)
    return torch  # type: ignore[no-any-return]


@pytest.mark.usefixtures("cupy")
def test_without_pytorch_or_its_card_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "is_installed", lambda _library: False)
    assert "compares with PyTorch: install it" in call().output
    monkeypatch.setattr(cuda, "is_installed", lambda _library: True)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(available=False))
    done = call()
    assert done.exit_code == 1
    assert "torch 9.9 sees none: install one built for CUDA" in done.output


def test_the_card_is_named_with_the_versions(
    cupy: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "is_installed", lambda _library: True)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(available=True))
    found = cuda.find_card()
    assert found.startswith("Stand-in 0, CUDA 13.0, minigen ")
    assert found.endswith(f"CuPy {cupy.__version__}, torch 9.9")


@pytest.mark.parametrize(("library", "device"), [("graphs", "cpu"), ("jax", "cuda")])
def test_a_library_that_does_not_run_on_a_device_is_refused(library: str, device: str) -> None:
    with pytest.raises(ValueError, match=f"{library} does not run on '{device}'"):
        make_trainee(library, WORKLOADS["W1"], None, device)


# --- CUDA graphs --------------------------------------------------------------------------------


class FakeTrainee:
    """Notes what it is trained on."""

    def __init__(self, *_arguments: Any, **options: Any) -> None:
        assert options == {"device": "cuda", "capturable": True}
        self.batches: Iterator[Any] = iter(map(FakeTensor, range(10)))
        self.trained: list[float] = []

    def figures(self) -> dict[str, float]:
        return {"loss": 2.0}

    def train(self, batch: FakeTensor) -> None:
        self.trained.append(float(batch.values))


class FakeTensor:
    """A tensor as far as it is copied."""

    def __init__(self, values: float) -> None:
        self.values = np.array(float(values))

    def clone(self) -> FakeTensor:
        return FakeTensor(float(self.values))

    def copy_(self, other: FakeTensor) -> None:
        self.values[...] = other.values


def test_a_step_is_captured_once_and_replayed_on_each_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch")
    from benchmarks.libraries import with_cuda_graphs

    log: list[str] = []
    batch: list[FakeTensor] = []

    class Stream:
        def __init__(self, name: str = "aside") -> None:
            self.name = name

        def wait_stream(self, other: Stream) -> None:
            log.append(f"{self.name} waits for {other.name}")

    @contextlib.contextmanager
    def inside(what: Any) -> Iterator[None]:
        log.append(f"begin {getattr(what, 'name', 'graph')}")
        yield
        log.append("end")

    class Graph:
        name = "graph"

        def replay(self) -> None:
            log.append(f"replay on {float(batch[0].values):g}")

    streams = SimpleNamespace(
        Stream=Stream, stream=inside, CUDAGraph=Graph, graph=inside,
        current_stream=lambda: Stream("current"),
    )  # fmt: skip
    monkeypatch.setattr(with_cuda_graphs, "torch", SimpleNamespace(cuda=streams))
    monkeypatch.setattr(with_cuda_graphs, "VAETrainee", FakeTrainee)
    replayed: Any = with_cuda_graphs.make_trainee(WORKLOADS["W1"], [])
    batch.append(replayed._batch)
    assert replayed.figures() == {"loss": 2.0}
    replayed.step()
    replayed.step()
    assert log == [
        *("aside waits for current", "begin aside", "end", "current waits for aside"),
        *("begin graph", "end", "replay on 1", "replay on 2"),
    ]
    assert replayed._trainee.trained == [1] * (with_cuda_graphs.STEPS_BEFORE_CAPTURE + 1)
