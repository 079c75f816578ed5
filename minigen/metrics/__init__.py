"""Measures of a model on a data set, in nats an image: bounds and likelihoods.

Values compare only where the data are the same: the same split, the same binarisation. The
cross-entropy of grey pixels is no likelihood, and is compared with nothing but itself.

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
from minigen.metrics.likelihood import log_mean_exp, nll
from minigen.metrics.passes import evaluating

__all__ = ["average_terms", "evaluate", "evaluating", "log_mean_exp", "nll"]
