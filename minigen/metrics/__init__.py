"""Measures of a model on a data set: bounds and likelihoods, latent variables, samples.

Bounds and likelihoods are in nats an image. They compare only where the data are the same: the same
split, the same binarisation. The cross-entropy of grey pixels is no likelihood, and is compared
with nothing but itself.

Samples are judged by `judge_samples` and `judge_points`, each value beside that of real samples at
the same number; the measures that they are made of can be called alone.

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
from minigen.metrics.discriminator import DiscriminatorScores, discriminator_scores
from minigen.metrics.disentanglement import MutualInformationGap, mutual_information_gap
from minigen.metrics.features import (
    TRAINED,
    FeatureExtractor,
    extract_features,
    load_feature_extractor,
)
from minigen.metrics.frechet import frechet_distance, frechet_distance_of_gaussians
from minigen.metrics.judgement import (
    Comparison,
    PointReport,
    SampleReport,
    judge_features,
    judge_points,
    judge_samples,
)
from minigen.metrics.kernel import KernelDistance, kernel_distance
from minigen.metrics.latents import ActiveUnits, active_units, latent_means
from minigen.metrics.likelihood import log_mean_exp, nll
from minigen.metrics.mode_coverage import ModeCoverage, mode_coverage
from minigen.metrics.neighbours import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    precision_recall,
)
from minigen.metrics.passes import evaluating

__all__ = [
    "TRAINED",
    "ActiveUnits",
    "Comparison",
    "DensityCoverage",
    "DiscriminatorScores",
    "FeatureExtractor",
    "KernelDistance",
    "ModeCoverage",
    "MutualInformationGap",
    "PointReport",
    "PrecisionRecall",
    "SampleReport",
    "active_units",
    "average_terms",
    "density_coverage",
    "discriminator_scores",
    "evaluate",
    "evaluating",
    "extract_features",
    "frechet_distance",
    "frechet_distance_of_gaussians",
    "judge_features",
    "judge_points",
    "judge_samples",
    "kernel_distance",
    "latent_means",
    "load_feature_extractor",
    "log_mean_exp",
    "mode_coverage",
    "mutual_information_gap",
    "nll",
    "precision_recall",
]
