"""A captured step computes what an eager one does, bit by bit, and refuses what can't be repeated.

The stand-in models CUDA's graphs: see `tests.strict.graphs`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen import models, nn, optim
from minigen.engine.backend import to_device, to_numpy
from minigen.engine.cuda import CapturedStep, CaptureError, capture, with_own_products
from tests.strict.counters import counting
from tests.strict.library import Library

pytestmark = pytest.mark.usefixtures("cupy")

Step = Callable[..., Any]

STEPS = 20


def images(count: int = 4, size: int = 4) -> list[np.ndarray[Any, Any]]:
    """Draw a batch for each step."""
    rng = np.random.default_rng(0)
    return [rng.random((count, 1, size, size), dtype=np.float32) for _ in range(STEPS)]


def vae(algorithm: Any = "pcg64", make: Any = optim.Adam, **options: Any) -> Any:
    """Return a dense VAE's step, its model and its optimisers."""
    minigen.manual_seed(0, algorithm)
    model = models.VAE((1, 4, 4), (6,), 2, generator=minigen.Generator(1)).to("cuda")
    optimizer = make(model.parameters(), lr=0.01, **options)

    def train(batch: Any) -> Any:
        loss = model.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return train, model, [optimizer]


def gan(algorithm: Any = "pcg64") -> Any:
    """Return a DCGAN's step, its model and its optimisers."""
    minigen.manual_seed(0, algorithm)
    model = models.DCGAN(
        (1, 8, 8),
        (3,),
        2,
        generator_hidden=(),
        discriminator_hidden=(),
        average=0.0,
        r1=0.0,
        generator=minigen.Generator(1),
    ).to("cuda")
    optimizers = {name: optim.Adam(side.parameters()) for name, side in model.sides().items()}

    def train(batch: Any) -> Any:
        losses = {}
        for name, optimizer in optimizers.items():
            losses[name] = next(iter(model.side_terms(name, batch).values()))
            optimizer.zero_grad()
            losses[name].backward()
            optimizer.step()
        return losses

    return train, model, list(optimizers.values())


def run(made: Any, batches: Any, *, captured: bool) -> list[Any]:
    """Train, with another learning rate in each step; return all losses and weights."""
    train, model, optimizers = made
    step = capture(train) if captured else train
    losses: list[Any] = []
    with with_own_products():
        for number, batch in enumerate(batches):
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = 0.01 / (1 + number)
            found = step(minigen.tensor(batch, device="cuda"))
            losses += [found] if isinstance(found, minigen.Tensor) else found.values()
    assert not captured or step.captured
    tensors = [*losses, *model.parameters(), *model.buffers()]
    counts = [state["step"] for each in optimizers for state in each.state.values()]
    return [*(to_numpy(tensor.array) for tensor in tensors), *counts]


def expect_the_same_bits(make: Callable[[], Any], batches: Any) -> None:
    eager, captured = (run(make(), batches, captured=which) for which in (False, True))
    assert len(eager) > len(batches)
    for one, other in zip(eager, captured, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("algorithm", ["pcg64", "philox"])
def test_a_vae_is_trained_bit_by_bit_as_by_eager_steps(algorithm: str) -> None:
    expect_the_same_bits(lambda: vae(algorithm), images()[: STEPS if algorithm == "pcg64" else 6])


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (optim.Adam, {"amsgrad": True, "weight_decay": 0.1}),
        (optim.AdamW, {"weight_decay": 0.1}),
        (optim.SGD, {"momentum": 0.9}),
        (optim.RMSprop, {"centered": True, "momentum": 0.5}),
    ],
)
def test_every_optimiser_is_told_its_numbers_anew(make: Any, options: Any) -> None:
    batches = images()[:6]
    eager, captured = (
        run(vae("pcg64", make, **options), batches, captured=which) for which in (False, True)
    )
    for one, other in zip(eager, captured, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_dcgan_is_trained_bit_by_bit_as_by_eager_steps() -> None:
    expect_the_same_bits(gan, images(3, 8))


def test_a_repeated_step_is_few_launches() -> None:
    train, _, _ = vae("philox")
    step, batch = capture(train), minigen.tensor(images()[0], device="cuda")
    for _ in range(3):
        step(batch)
    with counting() as counters:
        step(batch)
    kinds = [launch.kind for launch in counters.launches]
    assert kinds.count("graph") == 1
    assert len(kinds) == 6  # the batch, the optimiser's numbers, noise drawn and written, the loss
    assert (counters.reads, counters.synchronisations, counters.uploads) == ([], [], [])


def test_losses_are_new_in_each_step_and_read_at_once() -> None:
    train, _, _ = gan()
    step, batch = capture(train), minigen.tensor(images(3, 8)[0], device="cuda")
    found = [step(batch) for _ in range(5)]
    values = [losses["generator"].item() for losses in found]
    assert len(set(values)) == 5
    first, second = found[-1].values()
    assert first.array.base is second.array.base
    assert not first.requires_grad


def ready(function: Step, *arguments: Any) -> CapturedStep:
    """Return a step that will be captured when it is next called."""
    step = capture(function, rehearsals=1)
    step(*arguments)
    return step


def on_card(*shape: int) -> Any:
    return minigen.tensor(np.ones(shape, np.float32), device="cuda")


def test_arguments_may_be_arrays_of_the_host_and_numbers() -> None:
    step = capture(lambda x, scale, power: (x * scale) ** power)
    for number in range(4):
        batch = np.full((2, 3), number, np.float32)
        found = step(batch, 0.5 + number, 2)
        np.testing.assert_allclose(found.numpy(), (batch * (0.5 + number)) ** 2)
    assert step.captured


def test_a_batch_of_another_shape_is_computed_without_the_graph() -> None:
    train, _, (optimizer,) = vae()
    step = capture(train)
    for batch in images()[:4]:
        step(batch)
    with counting() as counters:
        assert step(images(3)[0]).item() > 0
    assert counters.total("graph") == 0
    assert counters.total("product") == 0
    assert next(iter(optimizer.state.values()))["step"] == 5


def test_what_a_step_returns_keeps_its_form() -> None:
    step = ready(lambda x: ([x.sum(), x + 1], {"name": "a", "mean": x.mean()}, None), on_card(2))
    (total, more), named, nothing = step(on_card(2) * 3)
    assert total.item() == 6
    assert more.tolist() == [4, 4]
    assert (named["name"], named["mean"].item(), nothing) == ("a", 3, None)


def test_a_gradient_that_is_not_finite_anywhere_is_no_matter_of_the_graph() -> None:
    step = ready(F.log, on_card(1))
    step(on_card(1))
    assert step(on_card(1) * -1).isnan().item()


# ------------------------------------------------------------------------------ what is refused


def test_a_copy_to_the_host_is_refused() -> None:
    step = ready(lambda x: x * x.sum().item(), on_card(2))
    with pytest.raises(CaptureError, match=r"the step failed .* a copy to the host while a stream"):
        step(on_card(2))


def test_a_copy_from_the_host_is_refused() -> None:
    step = ready(lambda x: x + to_device(np.ones(2, np.float32), "cuda"), on_card(2))
    with pytest.raises(CaptureError, match="a copy from cpu to cuda:0 can't be repeated"):
        step(on_card(2))


def test_a_number_that_changes_from_step_to_step_is_refused_by_the_name_of_its_op() -> None:
    numbers = iter([0.5, 0.25])
    step = ready(lambda x: x * next(numbers), on_card(2))
    with pytest.raises(CaptureError, match=r"mul is given a number that changes .* 0\.5 and then"):
        step(on_card(2))


def test_a_step_that_does_something_else_is_refused() -> None:
    kinds = iter([F.exp, F.tanh])

    def one_of_two(x: Any) -> Any:
        return next(kinds)(x)

    step = ready(one_of_two, on_card(2))
    with pytest.raises(CaptureError, match="it called tanh where it had called exp"):
        step(on_card(2))
    longer = iter([2, 1])
    step = ready(lambda x: [x + 1 for _ in range(next(longer))], on_card(2))
    with pytest.raises(CaptureError, match="it called nothing where it had called add"):
        step(on_card(2))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: F.einsum("ij,jk->ik", x, x), "the op contract failed"),
        (F.sort, "the op argsort failed"),
        (lambda x: x[x > 0], "the op getitem failed"),
    ],
)
def test_an_op_that_cannot_be_captured_is_named(function: Step, message: str) -> None:
    step = ready(function, on_card(2, 2))
    with pytest.raises(CaptureError, match=message):
        step(on_card(2, 2))


def test_a_rule_that_cannot_be_captured_is_named() -> None:
    x = nn.Parameter(on_card(3, 2).array)

    def function(rows: Any) -> Any:
        x.grad = None
        (x[rows] * 2).sum().backward()
        return x.grad

    rows = minigen.tensor(np.array([0, 2]), device="cuda")
    step = ready(function, rows)
    with pytest.raises(CaptureError, match=r"the op getitem.vjp, by put, failed"):
        step(rows)


def test_an_optimiser_of_ones_own_is_refused() -> None:
    class Own(optim.SGD):
        """Nothing tells what numbers its update takes."""

    train, _, _ = vae(make=Own)
    step = ready(train, images()[0])
    with pytest.raises(CaptureError, match="an update by Own, which is told the number of its"):
        step(images()[0])


@pytest.mark.parametrize("change", ["moments", "weights"])
def test_weights_and_moments_that_moved_are_refused(change: str) -> None:
    train, model, (optimizer,) = vae()
    step = capture(train)
    for batch in images()[:4]:
        step(batch)
    if change == "moments":
        optimizer.load_state_dict(optimizer.state_dict())
    else:
        weights = next(iter(model.parameters()))
        weights.data = weights.array.copy()
    with pytest.raises(CaptureError, match=r"Adam: the weights, their moments .* no longer those"):
        step(images()[0])


def test_an_array_that_the_step_before_made_is_refused() -> None:
    kept = {"average": on_card(2)}

    def function(x: Any) -> Any:
        kept["average"] = kept["average"] * 0.5 + x
        return kept["average"]

    step = ready(function, on_card(2))
    with pytest.raises(CaptureError, match="mul is given an array that the step before made"):
        step(on_card(2))


def test_an_array_that_the_step_changes_in_place_is_repeated() -> None:
    average = on_card(2)

    def function(x: Any) -> Any:
        average.copy_(average * 0.5 + x)
        return average

    step = capture(function)
    found = [step(on_card(2)).numpy()[0] for _ in range(5)]
    assert step.captured
    assert found == [1.5, 1.75, 1.875, 1.9375, 1.96875]


def test_noise_may_be_drawn_by_a_generator_that_is_seeded_anew() -> None:
    generator = minigen.Generator(0, "philox")
    step = capture(lambda x: x + minigen.tensor(generator.normal((3,), device="cuda")))
    found = [step(on_card(3)).numpy() for _ in range(5)]
    generator.manual_seed(0)
    assert (step(on_card(3)).numpy() == found[0]).all()
    assert not (found[3] == found[4]).any()


def test_after_a_refusal_the_stream_is_free_again(cupy: Library) -> None:
    step = ready(lambda x: x * x.sum().item(), on_card(2))
    with pytest.raises(CaptureError):
        step(on_card(2))
    assert (on_card(2) + 1).tolist() == [2, 2]


# --------------------------------------------------------------------------------- on the CPU


def test_on_the_cpu_each_call_is_the_functions() -> None:
    given: list[Any] = []
    step = capture(given.append, device="cpu")
    batch = np.ones(2)
    step(batch)
    assert given[0] is batch
    assert not step.captured


def test_a_step_bears_the_name_of_its_function() -> None:
    train, _, _ = vae()
    assert getattr(capture(train), "__name__") == "train"  # noqa: B009 - mypy knows no name


def test_at_least_one_rehearsal_is_needed() -> None:
    with pytest.raises(ValueError, match="at least 1 rehearsal is expected, got 0"):
        capture(lambda: None, rehearsals=0)
