"""Work on several streams: what the stand-in refuses, and that the next batch does not wait."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen.engine.backend import to_numpy
from minigen.training import RunConfig, RunFolder, Trainer, load_examples
from minigen.training.loop import Uploader
from tests.strict.counters import counting
from tests.strict.cuda import Device
from tests.strict.inventory import OWNERS
from tests.strict.refusal import Refused
from tests.strict.streams import Event, Stream, thread

ONES = np.ones((2, 3), np.float32)


# --- the stand-in -------------------------------------------------------------------------------


def test_what_another_stream_wrote_is_refused_until_it_was_waited_for(cupy: Any) -> None:
    stream = Stream(non_blocking=True)
    with stream:
        x = cupy.asarray(ONES)
        y = x + 1  # on its own stream nothing need be waited for
    with pytest.raises(Refused, match="written on another stream is used without waiting"):
        x + 1
    with pytest.raises(Refused, match="without waiting"):
        x.get()
    thread.stream.wait_event(stream.record())
    assert ((x + y).get() == 3).all()


@pytest.mark.parametrize("waited_for", ["event", "stream", "device"])
def test_once_the_program_has_waited_every_stream_may_go_on(waited_for: str, cupy: Any) -> None:
    stream = Stream(non_blocking=True)
    with stream:
        x = cupy.asarray(ONES)
        event = stream.record()
    work: dict[str, Any] = {"event": event, "stream": stream, "device": Device()}
    with counting() as counters:
        work[waited_for].synchronize()
    assert len(counters.synchronisations) == 1
    assert (x.get() == 1).all()


def test_an_event_covers_what_was_queued_before_it_alone(cupy: Any) -> None:
    stream = Stream(non_blocking=True)
    early = stream.record()
    with stream:
        x = cupy.asarray(ONES)
    thread.stream.wait_event(early)
    with pytest.raises(Refused, match="without waiting"):
        x * 2


def test_waiting_is_passed_on_from_stream_to_stream(cupy: Any) -> None:
    first, second = Stream(non_blocking=True), Stream(non_blocking=True)
    with first:
        x = cupy.asarray(ONES)
    second.wait_event(first.record())
    thread.stream.wait_event(second.record())
    assert (x.get() == 1).all()


@pytest.mark.parametrize(
    "write",
    [
        "x[0] = 2.0",
        "x.fill(2.0)",
        "cupy.add(x, 1.0, out=x)",
        "x += 1.0",
        "cupy.add.at(x, 0, 1.0)",
    ],
)
def test_what_another_stream_still_reads_is_not_written(write: str, cupy: Any) -> None:
    x = cupy.asarray(ONES)
    stream = Stream(non_blocking=True)
    stream.wait_event(thread.stream.record())
    with stream:
        x + 1
    with pytest.raises(Refused, match="written while another stream may still use it"):
        exec(write, {"cupy": cupy, "x": x[:1]})
    thread.stream.wait_event(stream.record())
    exec(write, {"cupy": cupy, "x": x[:1]})


def test_memory_is_not_handed_out_again_while_another_stream_may_use_it(cupy: Any) -> None:
    stream = Stream(non_blocking=True)
    with stream:
        x = cupy.asarray(ONES)
        view = x[0]
    thread.stream.wait_event(stream.record())
    x + 1
    del x
    with stream:
        cupy.asarray(ONES)  # the view still holds the memory
    del view
    with stream, pytest.raises(Refused, match="handed out again"):
        cupy.asarray(ONES)
    stream.wait_event(thread.stream.record())
    with stream:
        cupy.asarray(ONES)


@pytest.mark.parametrize("kind", [Device, Event, Stream])
def test_the_stand_ins_streams_have_what_cupys_have(kind: type) -> None:
    offered = OWNERS[f"cupy.cuda.{kind.__name__}"]
    own = {name: thing for name, thing in vars(kind).items() if not name.startswith("_")}
    assert own.keys() <= offered.keys()
    for name, thing in own.items():
        signature = offered[name]
        if inspect.isfunction(thing) and signature is not None:
            theirs = inspect.signature(eval(f"lambda {signature[1:-1]}: None"))
            assert list(inspect.signature(thing).parameters) == list(theirs.parameters), name


# --- the uploader -------------------------------------------------------------------------------


def test_on_the_cpu_a_batch_stays_what_it_is(cupy: Any) -> None:
    images, labels = np.ones((2, 3)), np.arange(2)
    sent = Uploader("cpu").send(images, labels, None)
    assert sent[0] is images
    assert sent[1] is labels
    assert sent[2] is None


def test_batches_arrive_whole_and_the_program_does_not_wait(cupy: Any) -> None:
    minigen.zeros(1, device="cuda:1")  # the first kernel of a process proves the card, and reads
    uploader = Uploader("cuda:1")
    kept = []
    with counting() as counters:
        for number in range(5):
            images, labels = uploader.send(number * ONES, np.full(2, number))
            assert images is not None
            assert labels is not None
            kept.append((images * 1, labels * 1))
    assert len(counters.uploads) == 10
    assert counters.reads == counters.synchronisations == []
    for number, (images, labels) in enumerate(kept):
        assert images.device.id == 1
        assert (to_numpy(images) == number).all()
        assert to_numpy(labels).tolist() == [number] * 2


def trainer_of(folder: Path, model: str = "cvae") -> Trainer:
    """Return a small model's trainer on the device."""
    shape = {"image_shape": [1, 8, 8], "hidden": [6], "latent": 2}
    classes = {"classes": 10} if model == "cvae" else {}
    config = RunConfig(model=model, model_config=shape | classes, binarize="dynamic", device="cuda")
    examples = [load_examples(config, split) for split in ("train", "test")]
    return Trainer(config, RunFolder(folder), *examples, progress=False, pictures=False)


def train_steps(trainer: Trainer, steps: int) -> None:
    """Train on the first images."""
    for step in range(steps):
        trainer._step(np.arange(8) + 8 * step)


@pytest.mark.usefixtures("cupy")
def test_the_next_batch_is_copied_without_waiting_for_the_present_step(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path)
    train_steps(trainer, 2)
    computing = thread.stream.queue
    before_the_step = computing.length
    train_steps(trainer, 1)
    after_the_step = computing.length
    trainer._next_batch(np.arange(8))
    copying = trainer._uploader._stream.queue
    assert before_the_step <= after_the_step - 20  # the step was some work
    assert copying.known[computing.number] <= before_the_step


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("model", ["cvae", "gan"])
def test_training_waits_for_what_it_must(model: str, tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, model)
    with counting() as counters:
        train_steps(trainer, 7)
    assert counters.reads == counters.synchronisations == []


def _wait_for_nothing(*_: object) -> None:
    """Do nothing instead."""


def _without_waiting_for_the_copy(patch: pytest.MonkeyPatch, trainer: Trainer) -> None:
    null = thread.stream
    wait = Stream.wait_event
    patch.setattr(Stream, "wait_event", lambda s, e: s is null or wait(s, e))


def _without_waiting_before_the_copy(patch: pytest.MonkeyPatch, trainer: Trainer) -> None:
    null = thread.stream
    wait = Stream.wait_event
    patch.setattr(Stream, "wait_event", lambda s, e: s is not null or wait(s, e))


def _without_holding_the_last_batch(patch: pytest.MonkeyPatch, trainer: Trainer) -> None:
    send = Uploader.send

    def forgetful(self: Uploader, *arrays: Any) -> Any:
        sent = send(self, *arrays)
        self._last = ()
        return sent

    patch.setattr(Uploader, "send", forgetful)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_waiting_for_the_copy, "used without waiting"),
        (_without_waiting_before_the_copy, "handed out again"),
        (_without_holding_the_last_batch, "handed out again"),
    ],
)
def test_each_precaution_of_the_uploader_is_needed(
    spoil: Callable[[pytest.MonkeyPatch, Trainer], None],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainer = trainer_of(tmp_path)
    trainer._interval = 1  # nothing but the uploader holds a batch after its step
    spoil(monkeypatch, trainer)
    trainer._averages.read = lambda: None  # type: ignore[method-assign] # reading would wait
    with pytest.raises(Refused, match=message):
        train_steps(trainer, 5)
