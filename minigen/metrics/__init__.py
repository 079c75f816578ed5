"""Measures of a model on a data set: bounds and likelihoods, and what its latent variables hold.

Bounds and likelihoods are in nats an image. They compare only where the data are the same: the same
split, the same binarisation. The cross-entropy of grey pixels is no likelihood, and is compared
with nothing but itself.

Examples
--------
>>> import minigen
>>> from minigen import metrics, models
>>> images = minigen.rand(20, 1, 8, 8).numpy()
>>> model = models.build("vae", image_shape=(1, 8, 8), hidden=(32,), latent=2)
>>> sorted(metrics.evaluate(model, images))
['kl', 'negative_elbo', 'reconstruction']
"""

from minigen.metrics.bounds import average_terms, evaluate
from minigen.metrics.disentanglement import MutualInformationGap, mutual_information_gap
from minigen.metrics.latents import ActiveUnits, active_units, latent_means
from minigen.metrics.likelihood import log_mean_exp, nll
from minigen.metrics.passes import evaluating

__all__ = [
    "ActiveUnits",
    "MutualInformationGap",
    "active_units",
    "average_terms",
    "evaluate",
    "evaluating",
    "latent_means",
    "log_mean_exp",
    "mutual_information_gap",
    "nll",
]
