from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
import minigen.functional as F
from minigen import metrics
from minigen.models import VAE

FLOATS = st.floats(-30, 30)


@pytest.mark.derivation("log_mean_exp")
@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=FLOATS), st.data())
def test_log_mean_exp_is_what_its_name_says(x: npt.NDArray[Any], data: st.DataObject) -> None:
    axis = data.draw(st.sampled_from([None, 0, -1, tuple(range(x.ndim))]))
    for keepdims in (False, True):
        expected = np.log(np.mean(np.exp(x), axis=axis, keepdims=keepdims))
        found = metrics.log_mean_exp(x, axis, keepdims)
        assert found.shape == expected.shape
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("shift", [-1e4, 1e4])
def test_log_mean_exp_stays_finite_where_exponentials_do_not(shift: float) -> None:
    x = np.array([0.0, math.log(3)], np.float32) + np.float32(shift)
    assert float(metrics.log_mean_exp(x)) - shift == pytest.approx(math.log(2), abs=1e-2)


@given(hnp.arrays(np.float64, 5, elements=FLOATS))
def test_log_mean_exp_is_no_mean_of_logarithms(x: npt.NDArray[Any]) -> None:
    assert float(metrics.log_mean_exp(x)) >= x.mean() - 1e-12


def test_log_mean_exp_has_a_gradient() -> None:
    x = minigen.tensor([0.0, math.log(3.0)], requires_grad=True)
    metrics.log_mean_exp(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([0.25, 0.75])


def vae(latent: int = 1, **options: Any) -> VAE:
    return VAE((1, 2, 2), (8,), latent, generator=minigen.Generator(1), **options)


def binary_images(count: int) -> npt.NDArray[Any]:
    images: npt.NDArray[Any] = minigen.Generator(2).bernoulli(0.5, (count, 1, 2, 2))
    return images


@pytest.mark.derivation("vae.importance_weighted_bound")
@pytest.mark.parametrize("decoder", ["bernoulli", "gaussian"])
def test_the_estimate_approaches_the_integral_over_the_latent_variable(decoder: str) -> None:
    model, images = vae(decoder=decoder), binary_images(6)
    with minigen.no_grad():
        for name, parameter in model.named_parameters():
            if name != "pixels.logvar":  # all else is enlarged, so that the latent matters
                parameter.data = parameter.array * 3
        # -ln p(x) by quadrature: the sum over a fine grid of z of p(x | z) N(z; 0, 1) dz.
        z = np.linspace(-8, 8, 4001, dtype=np.float32)
        output = model.decode(z[:, None])
        rows = images.reshape(6, 4)
        expected = []
        for row in rows:
            target = np.broadcast_to(row, output.shape)
            cost = model.pixels.negative_log_likelihood(output, target, "none").numpy().sum(-1)
            log_joint = -cost - z**2 / 2 - math.log(2 * math.pi) / 2
            expected.append(-np.log(np.exp(log_joint).sum() * (z[1] - z[0])))
    estimate = metrics.nll(model, images, 20_000, generator=minigen.Generator(0))
    assert estimate == pytest.approx(float(np.mean(expected)), abs=0.01)


def test_with_the_true_posterior_one_sample_is_as_good_as_many() -> None:
    # A decoder that ignores z has the prior as its posterior; then every weight is p(x) itself.
    model, images = vae(latent=3), binary_images(5)
    with minigen.no_grad():
        for layer in (model.to_mu, model.to_logvar, model.to_pixels):
            layer.weight.data = layer.weight.array * 0
            if layer.bias is not None and layer is not model.to_pixels:
                layer.bias.data = layer.bias.array * 0
        logits = F.broadcast_to(model.to_pixels.bias, (5, 4))
        expected = F.binary_cross_entropy_with_logits(logits, images.reshape(5, 4)).item()
    for samples in (1, 7):
        estimate = metrics.nll(model, images, samples, generator=minigen.Generator(0))
        assert estimate == pytest.approx(expected, abs=1e-5)


def test_with_one_sample_it_estimates_the_negative_elbo() -> None:
    model, images = vae(latent=2), binary_images(2000)
    elbo = metrics.evaluate(model, images, generator=minigen.Generator(0))["negative_elbo"]
    assert metrics.nll(model, images, 1, generator=minigen.Generator(3)) == pytest.approx(
        elbo, abs=0.05
    )


def test_more_samples_tighten_the_bound() -> None:
    model, images = vae(latent=2), binary_images(300)
    with minigen.no_grad():
        for parameter in model.parameters():
            parameter.data = parameter.array * 2
    bounds = [metrics.nll(model, images, k, generator=minigen.Generator(0)) for k in (1, 10, 1000)]
    assert bounds[0] > bounds[1] + 0.01
    assert bounds[1] > bounds[2]


class CountingVAE(VAE):
    """Gives every image the log-weights 0, 1, 2, ... whatever the images are."""

    def __init__(self) -> None:
        super().__init__((1, 2, 2), (), 1)
        self.calls: list[tuple[int, int]] = []
        self.drawn = 0

    def log_weights(self, x: Any, samples: int, *_: Any, **__: Any) -> minigen.Tensor:
        assert not self.training
        assert not minigen.is_grad_enabled()
        self.calls.append((samples, len(x)))
        first = self.drawn % 10
        self.drawn += samples
        weights = minigen.arange(first, first + samples, dtype="float32").reshape(-1, 1)
        return F.broadcast_to(weights, (samples, len(x)))


@pytest.mark.parametrize(
    ("rows", "calls"),
    [
        (1000, [(10, 3)]),
        (20, [(10, 2), (10, 1)]),
        (4, [(4, 1), (4, 1), (2, 1)] * 3),
        (1, [(1, 1)] * 30),
    ],
)
def test_memory_is_bounded_and_chunks_change_nothing(
    rows: int, calls: list[tuple[int, int]]
) -> None:
    model = CountingVAE()
    expected = -math.log(sum(math.exp(k) for k in range(10)) / 10)
    assert metrics.nll(model, binary_images(3), 10, rows=rows) == pytest.approx(expected)
    assert model.calls == calls


@pytest.mark.parametrize(("samples", "rows"), [(0, 10), (10, 0)])
def test_no_samples_are_refused(samples: int, rows: int) -> None:
    with pytest.raises(ValueError, match=f"got {samples} and {rows}"):
        metrics.nll(vae(), binary_images(1), samples, rows=rows)
