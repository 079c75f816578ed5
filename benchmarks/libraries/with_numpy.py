"""W1 by hand: the same training step in NumPy alone, its derivatives written out.

There is no graph and no library: every array has its place before the first step, products and
functions write into it, and Adam works on one vector of all parameters, a block at a time. What a
step costs here is what NumPy costs on a chip.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from benchmarks.architecture import Shape
from benchmarks.libraries import Subject, norm
from benchmarks.workloads import SEED, Array, SharedNoise, Workload

BLOCK = 16_384
"""How many parameters Adam moves at a time: what it reads and writes of them stays in the cache."""

EPSILON = 1e-8
"""Adam's, as every library has it."""

TINY = 1e-30
CLEARED_EVERY = 64
"""After so many steps moments under `TINY` become 0, lest they be subnormal and slow."""


class Arena:
    """All parameters in one vector, their gradients in another, and Adam on both.

    Kingma and Ba (2015), arXiv:1412.6980, algorithm 1, with the corrections for the start folded
    into the step's size and into epsilon, as the end of its section 2 has them.
    """

    def __init__(self, shapes: Sequence[Shape], lr: float, betas: tuple[float, float]) -> None:
        size = sum(math.prod(shape) for shape in shapes)
        self.values, self.gradients, self._m, self._v = np.zeros((4, size), np.float32)
        self.parameters = _views(self.values, shapes)
        self.slopes = _views(self.gradients, shapes)
        self._scratch = np.empty(BLOCK, np.float32)
        self._lr, self._betas = lr, betas
        self._steps = 0

    def step(self) -> None:
        """Move all parameters."""
        self._steps += 1
        beta1, beta2 = self._betas
        root = math.sqrt(1 - beta2**self._steps)
        rate = self._lr * root / (1 - beta1**self._steps)
        for start in range(0, self.values.size, BLOCK):
            block = slice(start, start + BLOCK)
            w, g, m, v = (a[block] for a in (self.values, self.gradients, self._m, self._v))
            scratch = self._scratch[: w.size]
            np.multiply(g, 1 - beta1, out=scratch)
            m *= beta1
            m += scratch
            np.multiply(g, g, out=scratch)
            scratch *= 1 - beta2
            v *= beta2
            v += scratch
            np.sqrt(v, out=scratch)
            scratch += EPSILON * root
            np.divide(m, scratch, out=scratch)
            scratch *= rate
            w -= scratch
        if self._steps % CLEARED_EVERY == 0:
            for moment in (self._m, self._v):
                moment[np.abs(moment) < TINY] = 0


class VAETrainee:
    """A training step of the dense VAE; mu and log sigma^2 are one product, 2 D wide."""

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        n, d = workload.batch, workload.latent
        joined = _joined(weights)
        hidden, pixels = joined[0].shape
        self.arena = Arena([array.shape for array in joined], workload.lr, workload.betas)
        for parameter, values in zip(self.arena.parameters, joined, strict=True):
            parameter[...] = values
        self._images = itertools.cycle([x.reshape(n, pixels) for x in workload.images()])
        self._noise = np.random.Generator(np.random.PCG64(SEED))
        self._ones = np.ones(n, np.float32)
        self._epsilon, self._sigma, self._z, self._dz = np.empty((4, n, d), np.float32)
        self._codes, self._dcodes = np.empty((2, n, 2 * d), np.float32)
        self._h, self._k, self._dhidden = np.empty((3, n, hidden), np.float32)
        self._logits, self._tanh, self._scratch = np.empty((3, n, pixels), np.float32)

    def figures(self) -> dict[str, float]:
        """Return the loss and the norm of its gradient."""
        self._epsilon[...] = SharedNoise()(*self._epsilon.shape)
        x = next(self._images)
        loss = self._forward(x)
        self._backward(x)
        return {"loss": loss, "gradient": norm([self.arena.gradients])}

    def step(self) -> None:
        """Train on the next batch."""
        self._noise.standard_normal(dtype=np.float32, out=self._epsilon)
        x = next(self._images)
        self._forward(x)
        self._backward(x)
        self.arena.step()

    def _forward(self, x: Array) -> float:
        """Return binary cross-entropy plus KL divergence, in nats an image."""
        mu, logvar = _halves(self._codes)
        np.maximum(self._linear(0, x, self._h), 0, out=self._h)
        self._linear(1, self._h, self._codes)
        np.multiply(logvar, 0.5, out=self._sigma)
        np.exp(self._sigma, out=self._sigma)
        np.multiply(self._sigma, self._epsilon, out=self._z)
        self._z += mu
        np.maximum(self._linear(2, self._z, self._k), 0, out=self._k)
        self._linear(3, self._k, self._logits)
        return (self._cross_entropy(x) + self._divergence(mu, logvar)) / len(x)

    def _linear(self, layer: int, x: Array, out: Array) -> Array:
        weight, bias = self.arena.parameters[2 * layer : 2 * layer + 2]
        np.matmul(x, weight.T, out=out)
        out += bias
        return out

    def _cross_entropy(self, x: Array) -> float:
        """Return the sum of softplus(l) - l x, with softplus(l) = max(l, 0) - log sigmoid(|l|).

        With t = tanh(l / 2), which the gradient wants too, sigmoid(|l|) is (1 + |t|) / 2.
        """
        scratch = self._scratch
        np.multiply(self._logits, 0.5, out=self._tanh)
        np.tanh(self._tanh, out=self._tanh)
        np.abs(self._tanh, out=scratch)
        scratch += 1
        np.log(scratch, out=scratch)
        total = scratch.size * math.log(2) - float(scratch.sum())
        np.maximum(self._logits, 0, out=scratch)
        return total + float(scratch.sum()) - float(np.vdot(self._logits, x))

    def _divergence(self, mu: Array, logvar: Array) -> float:
        """Return the sum of (mu^2 + sigma^2 - log sigma^2 - 1) / 2."""
        squares = float(np.vdot(self._sigma, self._sigma)) + float(np.square(mu).sum())
        return 0.5 * (squares - float(logvar.sum()) - mu.size)

    def _backward(self, x: Array) -> None:
        """Write the gradient of every parameter into the arena."""
        n = len(x)
        dlogits = self._tanh  # becomes (sigmoid(l) - x) / N, and sigmoid(l) is (1 + t) / 2
        dlogits += 1
        dlogits *= 0.5
        dlogits -= x
        dlogits *= 1 / n
        self._slopes(3, dlogits, self._k)
        self._through(3, dlogits, self._k)
        self._slopes(2, self._dhidden, self._z)
        np.matmul(self._dhidden, self.arena.parameters[4], out=self._dz)
        self._to_codes(n)
        self._slopes(1, self._dcodes, self._h)
        self._through(1, self._dcodes, self._h)
        self._slopes(0, self._dhidden, x)

    def _slopes(self, layer: int, cotangent: Array, x: Array) -> None:
        """Write the gradients of a dense layer's weight and bias."""
        weight, bias = self.arena.slopes[2 * layer : 2 * layer + 2]
        np.matmul(cotangent.T, x, out=weight)
        np.matmul(self._ones, cotangent, out=bias)  # quicker than a sum over the first axis

    def _through(self, layer: int, cotangent: Array, rectified: Array) -> None:
        """Carry a cotangent through a dense layer and the rectified linear units before it."""
        np.matmul(cotangent, self.arena.parameters[2 * layer], out=self._dhidden)
        self._dhidden *= rectified > 0

    def _to_codes(self, n: int) -> None:
        """Write dL/dmu = dz + mu / N and dL/dlog sigma^2 = (dz eps sigma + (sigma^2 - 1) / N) / 2.

        The first terms are of z = mu + sigma eps, the second of the KL divergence.
        """
        mu, _ = _halves(self._codes)
        dmu, dlogvar = _halves(self._dcodes)
        np.multiply(mu, 1 / n, out=dmu)
        dmu += self._dz
        self._dz *= self._epsilon
        self._dz *= self._sigma
        np.square(self._sigma, out=dlogvar)
        dlogvar -= 1
        dlogvar *= 1 / n
        dlogvar += self._dz
        dlogvar *= 0.5


def make_trainee(workload: Workload, weights: Sequence[Array]) -> Subject:
    """Build W1, the only workload that is written by hand."""
    return VAETrainee(workload, weights)


def _halves(codes: Array) -> tuple[Array, Array]:
    """Return mu and log sigma^2."""
    d = codes.shape[1] // 2
    return codes[:, :d], codes[:, d:]


def _views(flat: Array, shapes: Sequence[Shape]) -> list[Array]:
    """Return parts of a vector, one behind another, in their shapes."""
    ends = list(itertools.accumulate(math.prod(shape) for shape in shapes))
    parts = zip([0, *ends], ends, shapes, strict=False)
    return [flat[start:end].reshape(shape) for start, end, shape in parts]


def _joined(weights: Sequence[Array]) -> list[Array]:
    """Put the weights of mu and log sigma^2 on top of each other, and their biases."""
    encode, encode_bias, mu, mu_bias, logvar, logvar_bias, *decoder = weights
    code, code_bias = np.concatenate([mu, logvar]), np.concatenate([mu_bias, logvar_bias])
    return [encode, encode_bias, code, code_bias, *decoder]
