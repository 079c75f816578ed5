from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

import minigen
from benchmarks.contender import Contender, Worker
from benchmarks.contest import DisagreementError, check_agreement
from benchmarks.contest import initial_weights as initial_weights_file
from benchmarks.libraries import (
    LIBRARIES,
    WITH_OPS,
    can_train,
    is_installed,
    make_op,
    make_trainee,
    norm,
    with_numpy,
)
from benchmarks.libraries.conditional_with_minigen import ConditionalGANTrainee
from benchmarks.libraries.with_minigen import initial_weights
from benchmarks.ops import OPS
from benchmarks.workloads import WORKLOADS, Array
from minigen import nn, optim


def weights_of(name: str) -> list[Array]:
    return initial_weights(WORKLOADS[name])


def needs(library: str) -> None:
    if not is_installed(library):
        pytest.skip(f"{library} is not installed")


@pytest.mark.parametrize(
    "name", ["W1", "W2", "W3", "W5", pytest.param("W4", marks=pytest.mark.slow)]
)
def test_pytorch_computes_the_same_from_the_same_weights(name: str) -> None:
    pytest.importorskip("torch").set_num_threads(1)
    weights = weights_of(name)
    ours, theirs = (make_trainee(who, WORKLOADS[name], weights) for who in ("minigen", "torch"))
    expected = ours.figures()
    check_agreement(name, {"minigen": expected, "torch": theirs.figures()})
    theirs.step()
    with pytest.raises(DisagreementError):
        check_agreement(name, {"minigen": expected, "torch": theirs.figures()})


def test_the_step_by_hand_computes_the_same_from_the_same_weights() -> None:
    workload, weights = WORKLOADS["W1"], weights_of("W1")
    ours, by_hand = (make_trainee(who, workload, weights) for who in ("minigen", "hand"))
    check_agreement("W1", {"minigen": ours.figures(), "hand": by_hand.figures()})


def test_adam_by_hand_moves_all_parameters_as_minigens() -> None:
    shapes: list[tuple[int, ...]] = [(5, 3), (with_numpy.BLOCK + 7,)]
    arena = with_numpy.Arena(shapes, lr=1e-2, betas=(0.9, 0.99))
    parameters = [nn.Parameter(np.zeros(shape, np.float32)) for shape in shapes]
    adam = optim.Adam(parameters, lr=1e-2, betas=(0.9, 0.99))
    random = np.random.default_rng(0)
    for _ in range(2 * with_numpy.CLEARED_EVERY):
        for parameter, slope in zip(parameters, arena.slopes, strict=True):
            slope[...] = random.standard_normal(slope.shape)
            parameter.grad = minigen.Tensor(slope.copy())
        arena.step()
        adam.step()
    for ours, by_hand in zip(parameters, arena.parameters, strict=True):
        np.testing.assert_allclose(by_hand, ours.numpy(), rtol=1e-4, atol=1e-6)


def test_steps_by_hand_train() -> None:
    trainee = make_trainee("hand", WORKLOADS["W1"], weights_of("W1"))
    first = trainee.figures()["loss"]
    for _ in range(8):
        trainee.step()
    assert trainee.figures()["loss"] < 0.9 * first


@pytest.mark.parametrize(("library", "name"), [("hand", "W2"), ("jax", "W5"), ("dezero", "W5")])
def test_a_workload_that_a_peer_does_not_have_is_refused(library: str, name: str) -> None:
    assert not can_train(library, name)
    with pytest.raises(ValueError, match=f"{library} does not have {name}"):
        make_trainee(library, WORKLOADS[name], None)


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torch", "dezero", "jax"])
@pytest.mark.parametrize("name", ["W1", "W3"])
def test_peers_compute_the_same_in_processes_of_their_own(name: str, library: str) -> None:
    needs(library)
    ours = make_trainee("minigen", WORKLOADS[name], None).figures()
    with initial_weights_file(name) as file, Worker(Contender(library), threads=1) as worker:
        worker.call("prepare_workload", name=name, weights=file)
        check_agreement(name, {"minigen": ours, library: worker.call("figures")})
        assert worker.call("run", steps=1) > 0


def test_steps_train() -> None:
    trainee = make_trainee("minigen", WORKLOADS["W1"], None)
    first = trainee.figures()["loss"]
    for _ in range(8):
        trainee.step()
    assert trainee.figures()["loss"] < 0.9 * first


@pytest.mark.parametrize("name", ["W1", "W2"])
def test_one_wrong_weight_is_noticed(name: str) -> None:
    workload, weights = WORKLOADS[name], weights_of(name)
    right = make_trainee("minigen", workload, weights).figures()
    weights[-1] = weights[-1] + 0.1
    wrong = make_trainee("minigen", workload, weights).figures()
    with pytest.raises(DisagreementError, match=f"{name}: from the same weights, right computes"):
        check_agreement(name, {"right": right, "wrong": wrong})


def test_a_wrong_weight_of_either_side_of_a_gan_is_noticed() -> None:
    workload, weights = WORKLOADS["W3"], weights_of("W3")
    right = make_trainee("minigen", workload, weights).figures()
    for place in (0, -2):  # the first kernel of the discriminator, the last of the generator
        changed = list(weights)
        changed[place] = changed[place] * 1.1
        wrong = make_trainee("minigen", workload, changed).figures()
        with pytest.raises(DisagreementError):
            check_agreement("W3", {"right": right, "wrong": wrong})


def test_the_penalty_comes_every_eighth_step(monkeypatch: pytest.MonkeyPatch) -> None:
    penalties: list[int] = []
    trainee = make_trainee("minigen", WORKLOADS["W5"], None)
    assert isinstance(trainee, ConditionalGANTrainee)

    def penalty(*_: object) -> minigen.Tensor:
        penalties.append(trainee._steps)
        return minigen.tensor(0.0, device="cpu")

    monkeypatch.setattr(trainee, "_penalty", penalty)
    for _ in range(WORKLOADS["W5"].period + 2):
        trainee.step()
    assert penalties == [0, 8]


def test_the_discriminator_is_told_the_classes_and_so_is_the_generator() -> None:
    trainee = make_trainee("minigen", WORKLOADS["W5"], None)
    assert isinstance(trainee, ConditionalGANTrainee)
    trainee.step()  # the table of classes starts from zero
    discriminator = trainee.sides["discriminator"]
    x = minigen.zeros(2, 1, 28, 28, device="cpu")
    first, second = discriminator(x, minigen.tensor([0, 1], device="cpu")).numpy()
    assert first != second
    codes = np.eye(10, dtype=np.float32)[:2]
    noise = np.concatenate([np.zeros((2, 64), np.float32), codes], axis=1)
    one, other = trainee.sides["generator"](minigen.tensor(noise, device="cpu")).numpy()
    assert (one != other).any()


def test_computing_figures_leaves_the_weights_as_they_are() -> None:
    for name in ("W1", "W3"):
        trainee = make_trainee("minigen", WORKLOADS[name], weights_of(name))
        model = trainee.model  # type: ignore[attr-defined]  # minigen's trainees have one
        before = [parameter.numpy() for parameter in model.parameters()]
        trainee.figures()
        for parameter, values in zip(model.parameters(), before, strict=True):
            np.testing.assert_array_equal(parameter.numpy(), values)
            assert parameter.grad is None


def test_weights_of_another_workload_are_refused() -> None:
    with pytest.raises(ValueError, match=r"W2: parameters of shapes .* expected"):
        make_trainee("minigen", WORKLOADS["W2"], weights_of("W1"))


@pytest.mark.parametrize("library", ["torch", "hand", "compile", "dezero", "jax"])
def test_a_peer_does_not_draw_weights_of_its_own(library: str) -> None:
    with pytest.raises(ValueError, match=f"{library} needs the initial weights"):
        make_trainee(library, WORKLOADS["W1"], None)


@pytest.mark.parametrize("name", OPS)
def test_single_ops_compute_the_same_with_both_libraries(name: str) -> None:
    needs("torch")
    importlib.import_module("torch").set_num_threads(1)
    figures = {library: make_op(library, name).figures() for library in WITH_OPS}
    assert all(math.isfinite(x) and x > 0 for x in figures["minigen"].values())
    check_agreement(name, figures)


@pytest.mark.parametrize("name", ["tiny", "linear", "bce", "adam"])
@pytest.mark.parametrize("library", WITH_OPS)
def test_a_single_op_can_be_run_again_and_again(library: str, name: str) -> None:
    needs(library)
    op = make_op(library, name)
    op.step()
    first = op.figures()
    op.step()
    moved = name == "adam"
    assert (op.figures() != first) == moved


def test_a_norm_is_summed_in_double_precision() -> None:
    assert norm([np.full(10**6, 3.0, np.float32), np.zeros(2, np.float32)]) == 3000.0


def test_every_contender_names_its_package() -> None:
    assert is_installed("minigen")
    assert LIBRARIES["compile"] == "torch"
