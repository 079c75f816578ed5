"""Wrong rules of losses, of the KL divergence, and of the reparameterisation."""

from __future__ import annotations

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops.activation import sigmoid, softmax
from minigen.ops.arithmetic import exp
from tests.checker.zoo.specimen import normal, probability, wrong_rule

_TARGET, _PROBABILITY = probability(3, 4, seed=1), probability(3, 4)
_CLASSES = np.array([2, 0, 3])


def mean_squared_error(x: Array, target: Array) -> Array:
    """Return the mean over all elements of the squared error."""
    return np.mean((x - target) ** 2)


@wrong_rule(
    mean_squared_error, normal(3, 4), normal(3, 4, seed=1),
    diagnosis="12 times too large everywhere: 12 is the number of elements",
)  # fmt: skip
def mean_squared_error_as_sum(g: Array, _out: Array, x: Array, target: Array) -> Cotangents:
    """Forget to divide by the number of elements."""
    error = g * 2 * (x - target)
    return error, -error


@wrong_rule(mean_squared_error, normal(3, 4), normal(3, 4, seed=1), diagnosis="sign is flipped")
def mean_squared_error_target_sign(g: Array, _out: Array, x: Array, target: Array) -> Cotangents:
    """Give the target the gradient of the prediction."""
    error = g * 2 * (x - target) / 12
    return error, error * 1.0


_IMAGE, _ORIGINAL = normal(3, 5), normal(3, 5, seed=1)
_FIRST, _SECOND = normal(5, 4, seed=2), normal(4, 4, seed=3)  # a network of 4 features a layer


def perceptual_loss(x: Array) -> Array:
    """Return the mean squared errors of both layers' features, added up."""
    first, second = _errors_of_features(x)
    return np.mean(first**2) + np.mean(second**2)


def _errors_of_features(x: Array) -> tuple[Array, Array]:
    """Return by how much the features of the hidden layer, and of the one above, are off."""
    error = np.tanh(x @ _FIRST) - np.tanh(_ORIGINAL @ _FIRST)
    return error, error @ _SECOND


def _slope_of_tanh(x: Array) -> Array:
    return 1 - np.tanh(x @ _FIRST) ** 2


@wrong_rule(
    perceptual_loss, _IMAGE,
    diagnosis="4 times too large everywhere",
)  # fmt: skip
def perceptual_without_the_number_of_features(g: Array, _out: Array, x: Array) -> Cotangents:
    """Divide by the batch alone."""
    first, second = _errors_of_features(x)
    hidden = 2 / len(x) * (first + second @ _SECOND.T)
    return (g * (hidden * _slope_of_tanh(x)) @ _FIRST.T,)


@wrong_rule(perceptual_loss, _IMAGE)
def perceptual_from_the_last_layer_alone(g: Array, _out: Array, x: Array) -> Cotangents:
    """Begin the way back at the last layer, and forget those that are compared on the way."""
    _, second = _errors_of_features(x)
    hidden = 2 / second.size * (second @ _SECOND.T)
    return (g * (hidden * _slope_of_tanh(x)) @ _FIRST.T,)


@wrong_rule(perceptual_loss, _IMAGE)
def perceptual_jacobian_of_the_target(g: Array, _out: Array, x: Array) -> Cotangents:
    """Go back through what the network computed of the target, its last forward pass."""
    first, second = _errors_of_features(x)
    hidden = 2 / first.size * (first + second @ _SECOND.T)
    return (g * (hidden * _slope_of_tanh(_ORIGINAL)) @ _FIRST.T,)


def logits_cross_entropy(logits: Array, target: Array) -> Array:
    """Return the binary cross-entropy of each element, from logits."""
    return np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))


@wrong_rule(logits_cross_entropy, normal(3, 4), _TARGET, diagnosis="the sign is flipped")
def bce_residual_reversed(g: Array, _out: Array, logits: Array, target: Array) -> Cotangents:
    """Write target - prediction: gradient ascent."""
    return g * (target - sigmoid(logits)), -g * logits


@wrong_rule(logits_cross_entropy, normal(3, 4), _TARGET)
def bce_without_target(g: Array, _out: Array, logits: Array, _target: Array) -> Cotangents:
    """Forget to subtract the target."""
    return g * sigmoid(logits), -g * logits


@wrong_rule(logits_cross_entropy, normal(3, 4), _TARGET)
def bce_sigmoid_twice(g: Array, _out: Array, logits: Array, target: Array) -> Cotangents:
    """Multiply by the slope of the sigmoid, which the logits' gradient already holds."""
    p = sigmoid(logits)
    return g * (p - target) * p * (1 - p), -g * logits


def probability_cross_entropy(p: Array, target: Array) -> Array:
    """Return the binary cross-entropy of each element, from probabilities."""
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


@wrong_rule(probability_cross_entropy, _PROBABILITY, _TARGET)
def bce_of_probabilities_as_logits(g: Array, _out: Array, p: Array, target: Array) -> Cotangents:
    """Use the logits' p - t for probabilities, without its denominator p (1 - p)."""
    return g * (p - target), g * (np.log(1 - p) - np.log(p))


def cross_entropy(logits: Array, classes: Array) -> Array:
    """Return the negative log-likelihood of each example's class."""
    shifted = logits - logits.max(1, keepdims=True)
    log_probability = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -log_probability[np.arange(len(classes)), classes]


@wrong_rule(cross_entropy, normal(3, 4), _CLASSES)
def cross_entropy_without_one_hot(
    g: Array, _out: Array, logits: Array, _classes: Array
) -> Cotangents:
    """Return the softmax, without subtracting 1 at the right class."""
    return g[:, None] * softmax(logits), None


@wrong_rule(cross_entropy, normal(3, 4), _CLASSES, diagnosis="1/3 of what it should be")
def cross_entropy_averaged_twice(
    g: Array, _out: Array, logits: Array, classes: Array
) -> Cotangents:
    """Divide by the batch, though this loss was not averaged."""
    one_hot = np.eye(4)[classes]
    return g[:, None] * (softmax(logits) - one_hot) / len(classes), None


def kl_divergence(mu: Array, logvar: Array) -> Array:
    """Return the KL divergence of N(mu, exp(logvar)) from N(0, 1), an element."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)


@wrong_rule(kl_divergence, normal(3, 2), normal(3, 2, seed=1))
def kl_variance_for_its_logarithm(g: Array, _out: Array, mu: Array, logvar: Array) -> Cotangents:
    """Take the logarithm of the variance for the variance."""
    return g * mu, g * 0.5 * (logvar - 1)


@wrong_rule(kl_divergence, normal(3, 2), normal(3, 2, seed=1))
def kl_exponential_twice(g: Array, _out: Array, mu: Array, logvar: Array) -> Cotangents:
    """Take the exponential of the variance."""
    return g * mu, g * 0.5 * (exp(exp(logvar)) - 1)


@wrong_rule(kl_divergence, normal(3, 2), normal(3, 2, seed=1))
def kl_without_logarithm(g: Array, _out: Array, mu: Array, logvar: Array) -> Cotangents:
    """Forget the term of the logarithm, without which the variance shrinks to 0."""
    return g * mu, g * 0.5 * exp(logvar)


@wrong_rule(kl_divergence, normal(3, 2), normal(3, 2, seed=1), diagnosis="the sign is flipped")
def kl_mean_repelled(g: Array, _out: Array, mu: Array, logvar: Array) -> Cotangents:
    """Flip the sign of the mean's gradient."""
    return -g * mu, g * 0.5 * (exp(logvar) - 1)


def reparameterize(mu: Array, logvar: Array, *, noise: Array) -> Array:
    """Return mu + exp(logvar / 2) noise."""
    return mu + np.exp(0.5 * logvar) * noise


_NOISE = normal(3, 2, seed=2)


@wrong_rule(reparameterize, normal(3, 2), normal(3, 2, seed=1), noise=_NOISE)
def reparameterize_with_variance(
    g: Array, _out: Array, _mu: Array, logvar: Array, *, noise: Array
) -> Cotangents:
    """Use exp(logvar), the variance, where the standard deviation exp(logvar / 2) is meant."""
    return g * 1.0, g * 0.5 * exp(logvar) * noise


@wrong_rule(
    reparameterize, normal(3, 2), normal(3, 2, seed=1), diagnosis="twice too large", noise=_NOISE
)
def reparameterize_without_half(
    g: Array, _out: Array, _mu: Array, logvar: Array, *, noise: Array
) -> Cotangents:
    """Forget the half of the exponent's derivative."""
    return g * 1.0, g * exp(logvar * 0.5) * noise
