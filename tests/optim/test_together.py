"""Updates of all parameters of a group at once: what they are told, and when they are taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.engine.choice import READABLE, kernels
from minigen.engine.recording import Varying, recorded_by
from minigen.optim.together import updates

pytestmark = [
    pytest.mark.usefixtures("cupy"),
    pytest.mark.skipif(kernels() == READABLE, reason="updates at once are kernels"),
]


class Recorder:
    """Holds what an optimiser says of its step."""

    def __init__(self) -> None:
        self.tell: Any = None
        self.holds: Any = None
        self.count = 0

    def varying(self, tell: Any, count: int) -> Varying:
        self.tell, self.count = tell, count
        with recorded_by(None):
            return Varying(minigen.tensor(np.array(tell()), device="cuda").array)

    def expect(self, holds: Any, message: str) -> None:
        self.holds = holds
        assert message.startswith("Adam: the weights")


def weights() -> nn.Parameter:
    found = nn.Parameter(minigen.tensor(np.ones(3, np.float32), device="cuda").array)
    found.grad = minigen.tensor(np.ones(3, np.float32), device="cuda")
    return found


def test_a_recorded_update_is_the_eager_one_and_counts_its_steps() -> None:
    here, there = weights(), weights()
    eager, recorded = (optim.Adam([each], lr=0.1) for each in (here, there))
    recorder: Any = Recorder()
    for _ in range(2):
        eager.step()
        with recorded_by(recorder):
            recorded.step()
    assert (here.numpy() == there.numpy()).all()
    assert recorded.state[there]["step"] == 2
    recorded.param_groups[0]["lr"] = eager.param_groups[0]["lr"] = 0.5
    first = recorder.tell()
    assert recorded.state[there]["step"] == 3
    assert (
        len(first) == recorder.count == len(updates[optim.Adam].numbers(eager.param_groups[0], 1))
    )
    assert first == updates[optim.Adam].numbers(eager.param_groups[0], 3)


def test_moved_weights_moments_and_other_moments_are_noticed() -> None:
    given = weights()
    optimizer, recorder = optim.Adam([given]), Recorder()
    with recorded_by(recorder):  # type: ignore[arg-type]
        optimizer.step()
    assert recorder.holds()
    optimizer.param_groups[0]["amsgrad"] = True
    assert not recorder.holds()
    optimizer.param_groups[0]["amsgrad"] = False
    optimizer.load_state_dict(optimizer.state_dict())
    assert not recorder.holds()
