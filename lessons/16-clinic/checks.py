"""Checks of the exercises of lesson 16, the clinic: each measures what the program does."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import minigen
import minigen.functional as F
from minigen import Generator, nn, optim
from minigen.course.expectations import expect, expect_array


def _quietly(answer: Callable[..., Any], *arguments: Any) -> Any:
    """Call an answer whose overflows the check's own message is about."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return answer(*arguments)


def check_regression_loss(answer: Callable[..., Any]) -> None:
    """Check a perfect fit, and the loss and its gradient elsewhere."""
    targets = minigen.tensor(np.array([1.0, -2.0, 4.0]))
    perfect = answer(F.reshape(targets, (3, 1)), targets)
    expect(perfect.shape == (), f"the loss has shape {perfect.shape}, expected ()")
    found = perfect.item()
    expect(
        abs(found) < 1e-12,
        f"scores that are exactly the targets (1, -2, 4) have the loss {found:.4g}, expected 0: "
        "look at the shape of their difference",
    )
    scores = minigen.tensor(np.array([[0.5], [1.0], [-1.0]]), requires_grad=True)
    loss = answer(scores, targets)
    difference = scores.numpy()[:, 0] - targets.numpy()
    expect_array(
        loss,
        (difference**2).mean(),
        "the loss",
        mistakes={
            "a sum over the examples: take their mean": (difference**2).sum(),
            "the absolute error: square it": np.abs(difference).mean(),
            "half of it": (difference**2).mean() / 2,
        },
    )
    loss.backward()
    expect(scores.grad is not None, "no gradient reaches the scores: stay with ops of tensors")
    expect_array(scores.grad, (2 * difference / 3)[:, None], "the gradient by the scores")


def check_shuffled(answer: Callable[..., Any]) -> None:
    """Check that pairs stay pairs, that all are there, and that the order is random."""
    images = Generator(1).normal((40, 3), np.float64)

    def belonging(rows: Any) -> Any:
        return np.stack([rows.sum(axis=1), rows.max(axis=1)], axis=1)

    found, targets = answer(images, belonging(images), Generator(2))
    expect_array(np.shape(found), images.shape, "the shape of the images (is it a transpose?)")
    expect_array(np.shape(targets), (40, 2), "the shape of the targets (is it a transpose?)")
    order = np.argsort(found[:, 0])
    sorted_ = images[np.argsort(images[:, 0])]
    expect_array(found[order], sorted_, "the images, sorted by their first pixel")
    right = np.isclose(belonging(found), targets).all(axis=1).mean()
    expect(
        right == 1,
        f"{right:.0%} of the images have their own target beside them after the call, expected "
        "100%: how many orders are drawn?",
    )
    expect(
        not np.array_equal(found, images),
        "the order is that in which they came: nothing is shuffled",
    )
    again, _ = answer(images, belonging(images), Generator(3))
    expect(not np.array_equal(found, again), "another generator gives the same order: draw with it")


def check_draw_codes(answer: Callable[..., Any]) -> None:
    """Check means, and the spread over draws, over examples, and over latent variables."""
    count, examples = 50, 400
    row = np.array([1.0, -3.0, 0.5]), np.log(np.array([4.0, 0.25, 1.0]))
    mean, logvar = (np.tile(each, (examples, 1)) for each in row)
    codes = answer(mean, logvar, count, Generator(4))
    expect(
        np.shape(codes) == (count, examples, 3),
        f"the codes have shape {np.shape(codes)}, expected {(count, examples, 3)}"
        + (", the transpose" if np.shape(codes) == (3, examples, count) else ""),
    )
    deviation = np.exp(0.5 * row[1])
    for axis, what in ((1, "over the examples of one draw"), (0, "over the draws of one example")):
        found = codes.std(axis=axis).mean(axis=0)
        expect(
            np.allclose(found, deviation, rtol=0.1),
            f"{what} the codes spread by {np.round(found, 2).tolist()}, expected "
            f"{np.round(deviation, 2).tolist()}: all examples have the same mean and variance "
            "here, and their codes should differ by their own noise",
        )
    expect_array(codes.mean(axis=(0, 1)), row[0], "the mean of the codes", atol=0.06)
    noise = (codes - mean) / deviation
    between = float(np.corrcoef(noise[:, :, 0].ravel(), noise[:, :, 1].ravel())[0, 1])
    expect(
        abs(between) < 0.05,
        f"the noise of two latent variables is correlated ({between:.2f}, expected 0): they share "
        "it",
    )


def check_clipped(answer: Callable[..., Any]) -> None:
    """Check the direction, the norm, and gradients that are short enough."""
    weight = Generator(5).normal((4, 3), np.float64)
    bias = 0.1 * Generator(6).normal((4,), np.float64)
    both = np.concatenate([weight.ravel(), bias])
    norm = float(np.linalg.norm(both))
    for largest in (norm / 10, norm / 1.5, 2 * norm):
        found = answer(weight, bias, largest)
        where = f"for a norm of {norm:.2f} and the bound {largest:.2f}"
        for part, array, name in zip(found, (weight, bias), ("weight", "bias"), strict=True):
            if np.shape(part) != array.shape:
                right = array * min(1.0, largest / norm)
                expect_array(part, right, f"{where}, the gradient of the {name}")
        vector = np.concatenate([np.ravel(part) for part in found])
        length = float(np.linalg.norm(vector))
        cosine = float(vector @ both / (length * norm))
        expect(
            cosine > 1 - 1e-9,
            f"{where}, the cosine between both gradients as one vector, before and after, is "
            f"{cosine:.4f}, expected 1: the direction has changed",
        )
        expect(
            abs(length - min(norm, largest)) < 1e-9 * norm,
            f"{where}, the norm becomes {length:.4f}, expected {min(norm, largest):.4f}",
        )


def check_importance_bound(answer: Callable[..., Any]) -> None:
    """Check examples alike and far apart, and draws of one example far apart."""
    draws, source = 6, Generator(7)
    proposal = source.normal((draws, 3), np.float64)
    near = source.normal((draws, 3), np.float64)
    far = near + np.array([-1000.0, 0.0, -2500.0])
    for what, log_weights in (("near each other", near), ("far apart", far)):
        right = np.log(np.exp(near).mean(axis=0)) + (log_weights - near)[0]
        found = _quietly(answer, log_weights + proposal, proposal)
        if np.shape(found) == (3,):
            told = ", ".join(f"{value:.5g}" for value in found)
            expect(
                np.isfinite(found).all(),
                f"the bounds of three examples {what} are {told}; expected {np.round(right, 3)}: "
                "follow the numbers line by line to where the first infinity comes from",
            )
        expect_array(
            found,
            right,
            f"the bounds of examples {what}",
            mistakes={
                "the mean of the logarithms, which is the ELBO": log_weights.mean(axis=0),
                "the sum of the weights: divide by their number": right + np.log(draws),
                "the largest weight alone": log_weights.max(axis=0),
            },
        )


def _network(seed: int) -> nn.Sequential:
    source = Generator(seed)
    return nn.Sequential(
        nn.Dense(3, 6, generator=source), nn.BatchNorm1d(6), nn.Dense(6, 3, generator=source)
    )


def _norm_of(network: nn.Sequential) -> nn.BatchNorm1d:
    norm = network[1]
    assert isinstance(norm, nn.BatchNorm1d)
    return norm


def _mean_of(network: nn.Sequential) -> np.ndarray[Any, Any]:
    mean = _norm_of(network).running_mean
    assert mean is not None
    return mean.numpy()


def check_train_and_evaluate(answer: Callable[..., Any]) -> None:
    """Check the mode, the running statistics, and the test errors against another program."""
    batches = Generator(8).normal((6, 16, 3), np.float32) + np.float32(2)
    test = Generator(9).normal((10, 3), np.float32)
    network, reference = _network(1), _network(1)
    found = answer(network, optim.SGD(network.parameters(), lr=0.1), batches, test)
    optimizer, expected, means = optim.SGD(reference.parameters(), lr=0.1), [], []
    for step, batch in enumerate(batches, 1):
        optimizer.zero_grad()
        F.mean((reference(batch) - batch) ** 2).backward()
        optimizer.step()
        means.append(_mean_of(reference).copy())
        if step % 2 == 0:
            with minigen.no_grad():
                expected.append(_error_in_evaluation(reference, test))
    seen = _mean_of(network)
    expect(
        not np.allclose(seen, means[1], rtol=1e-4),
        "after six batches the running mean of the batch norm is that after two: the other four "
        "did not reach it",
    )
    expect(network.training, "the network comes back in evaluation mode")
    expect_array(seen, means[-1], "the running mean after six batches", rtol=1e-4, atol=1e-6)
    expect_array(found, expected, "the test errors", rtol=1e-4)


def _error_in_evaluation(network: nn.Module, test: Any) -> float:
    network.eval()
    error = float(F.mean((network(test) - test) ** 2).item())
    network.train()
    return error


def check_gan_turn(answer: Callable[..., Any]) -> None:
    """Check what gradient each side's step follows, in two turns, and the losses."""
    real = Generator(10).normal((12, 2), np.float64) + 1
    noise = Generator(11).normal((2, 12, 2), np.float64)
    sides = {"generator": _dense((2, 5, 2), 2), "discriminator": _dense((2, 5, 1), 3)}
    optimizers = {name: optim.SGD(side.parameters(), lr=0.5) for name, side in sides.items()}
    for turn in range(2):
        right = _steps_of_a_turn(sides, real, noise[turn])
        before = {name: _weights(side) for name, side in sides.items()}
        losses = answer(*sides.values(), optimizers, real, noise[turn])
        which = ("first", "second")[turn]
        for name in ("discriminator", "generator"):
            side = sides[name]
            step, wanted = _weights(side) - before[name], right[name]
            cosine = float(step @ wanted / (np.linalg.norm(step) * np.linalg.norm(wanted) + 1e-300))
            expect(np.linalg.norm(step) > 0, f"in the {which} turn the {name} does not move at all")
            expect(
                np.allclose(step, wanted, rtol=1e-6, atol=1e-12),
                f"in the {which} turn the step of the {name} is {np.linalg.norm(step):.3g} long "
                f"and has the cosine {cosine:.3f} with its own gradient step; expected are "
                f"{np.linalg.norm(wanted):.3g} and 1: what else is in the gradient?",
            )
        expect_array(losses[0], right["losses"][0], f"L_D of the {which} turn")
        expect_array(losses[1], right["losses"][1], f"L_G of the {which} turn")


def _dense(widths: tuple[int, ...], seed: int) -> nn.Sequential:
    source = Generator(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [nn.Dense(inputs, outputs, generator=source), nn.Tanh()]
    return nn.Sequential(*layers[:-1]).to(np.float64)


def _weights(network: nn.Module) -> Any:
    return np.concatenate([p.numpy().ravel().copy() for p in network.parameters()])


def _steps_of_a_turn(sides: dict[str, Any], real: Any, noise: Any) -> dict[str, Any]:
    """Return the steps that both sides should take, and the losses, of copies of the networks."""
    copies = {"generator": _dense((2, 5, 2), 2), "discriminator": _dense((2, 5, 1), 3)}
    for name, copy in copies.items():
        copy.load_state_dict(sides[name].state_dict())
    generator, discriminator = copies.values()
    fake = generator(noise)
    loss_d = F.mean(F.softplus(-discriminator(real)))
    loss_d = loss_d + F.mean(F.softplus(discriminator(fake.detach())))
    found: dict[str, Any] = {"discriminator": _step(discriminator, loss_d)}
    loss_g = F.mean(F.softplus(-discriminator(generator(noise))))
    return found | {
        "generator": _step(generator, loss_g),
        "losses": (loss_d.item(), loss_g.item()),
    }


def _step(network: nn.Module, loss: Any) -> Any:
    """Take a step of gradient descent, and return it."""
    parameters = list(network.parameters())
    slopes = minigen.grad(loss, parameters)
    before = _weights(network)
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.data = parameter.array - 0.5 * np.asarray(slope)
    return _weights(network) - before
