"""Measures of a model on a data set: bounds and likelihoods, latent variables, samples.

Bounds and likelihoods are in nats an image. They compare only where the data are the same: the same
split, the same binarisation. The cross-entropy of grey pixels is no likelihood, and is compared
with nothing but itself.

Samples are judged by `judge_samples` and `judge_points`, each value beside that of real samples at
the same number; the measures that they are made of can be called alone.

What is called the same is the same everywhere:

- A ``model`` is left in the mode it was in; while it is measured it evaluates, and records nothing.
- ``images`` are an array (N, C, H, W) in [0, 1]. ``labels``, their classes (N,), are integers, and
  wanted if the model is conditional.
- ``generator`` draws what is random; by default it is the one that `minigen.manual_seed` seeds.
- ``batch_size`` says how many images are taken at once: the bound on memory.
- Features are one sample a row, and like all numbers finite.
- Impossible values, shapes that do not fit, and no image or sample at all are a ValueError.

Examples
--------
>>> import minigen
>>> from minigen import metrics, models
>>> images = minigen.rand(20, 1, 8, 8).numpy()
>>> model = models.build("vae", image_shape=(1, 8, 8), hidden=(32,), latent=2)
>>> sorted(metrics.evaluate(model, images))
['kl', 'negative_elbo', 'reconstruction']
"""

from minigen.metrics.coverage import (
    DensityCoverage,
    ModeCoverage,
    PrecisionRecall,
    density_coverage,
    mode_coverage,
    precision_recall,
)
from minigen.metrics.cycles import CycleReport, Direction, judge_cycle
from minigen.metrics.detection import (
    Detection,
    DetectionReport,
    PrincipalComponents,
    anomaly_maps,
    auroc,
    judge_detection,
    judge_scores,
    negative_elbos,
)
from minigen.metrics.discriminator import DiscriminatorScores, discriminator_scores
from minigen.metrics.distances import (
    KernelDistance,
    frechet_distance,
    frechet_distance_of_gaussians,
    kernel_distance,
)
from minigen.metrics.features import (
    TRAINED,
    FeatureExtractor,
    class_accuracy,
    extract_features,
    load_feature_extractor,
)
from minigen.metrics.inpainting import InpaintingReport, judge_inpainting, laplace_filling
from minigen.metrics.judgement import (
    Comparison,
    PointReport,
    SampleReport,
    judge_features,
    judge_points,
    judge_samples,
)
from minigen.metrics.language import (
    Copies,
    LanguageReport,
    Rebuilding,
    judge_copies,
    judge_language,
    judge_rebuilding,
    nats_per_token,
)
from minigen.metrics.latents import (
    ActiveUnits,
    MutualInformationGap,
    active_units,
    latent_means,
    mutual_information_gap,
)
from minigen.metrics.likelihood import average_terms, evaluate, log_mean_exp, nll
from minigen.metrics.ngrams import NGrams
from minigen.metrics.pitch import Pitch, find_pitch
from minigen.metrics.prediction import LinearPrediction, PredictionReport, judge_prediction
from minigen.metrics.restoration import (
    Fidelity,
    LinearRestoration,
    RestorationReport,
    judge_restoration,
    psnr,
    sharpness,
)
from minigen.metrics.samples import measuring
from minigen.metrics.scenes import (
    SceneReport,
    Shown,
    judge_scenes,
    read_scenes,
    shown,
)
from minigen.metrics.sounds import (
    Likeness,
    SoundReport,
    judge_pitches,
    judge_sounds,
    log_spectral_distance,
    spectral_convergence,
)
from minigen.metrics.translation import (
    TranslationReport,
    Translations,
    judge_translation,
    judged_targets,
    nearest_images,
    train_style_judge,
)
from minigen.metrics.words import Heard, WordReport, judge_words, word_judge

evaluating = measuring  # its name until `nn.utils.evaluating` had it, which records graphs

__all__ = [
    "TRAINED",
    "ActiveUnits",
    "Comparison",
    "Copies",
    "CycleReport",
    "DensityCoverage",
    "Detection",
    "DetectionReport",
    "Direction",
    "DiscriminatorScores",
    "FeatureExtractor",
    "Fidelity",
    "Heard",
    "InpaintingReport",
    "KernelDistance",
    "LanguageReport",
    "Likeness",
    "LinearPrediction",
    "LinearRestoration",
    "ModeCoverage",
    "MutualInformationGap",
    "NGrams",
    "Pitch",
    "PointReport",
    "PrecisionRecall",
    "PredictionReport",
    "PrincipalComponents",
    "Rebuilding",
    "RestorationReport",
    "SampleReport",
    "SceneReport",
    "Shown",
    "SoundReport",
    "TranslationReport",
    "Translations",
    "WordReport",
    "active_units",
    "anomaly_maps",
    "auroc",
    "average_terms",
    "class_accuracy",
    "density_coverage",
    "discriminator_scores",
    "evaluate",
    "evaluating",
    "extract_features",
    "find_pitch",
    "frechet_distance",
    "frechet_distance_of_gaussians",
    "judge_copies",
    "judge_cycle",
    "judge_detection",
    "judge_features",
    "judge_inpainting",
    "judge_language",
    "judge_pitches",
    "judge_points",
    "judge_prediction",
    "judge_rebuilding",
    "judge_restoration",
    "judge_samples",
    "judge_scenes",
    "judge_scores",
    "judge_sounds",
    "judge_translation",
    "judge_words",
    "judged_targets",
    "kernel_distance",
    "laplace_filling",
    "latent_means",
    "load_feature_extractor",
    "log_mean_exp",
    "log_spectral_distance",
    "measuring",
    "mode_coverage",
    "mutual_information_gap",
    "nats_per_token",
    "nearest_images",
    "negative_elbos",
    "nll",
    "precision_recall",
    "psnr",
    "read_scenes",
    "sharpness",
    "shown",
    "spectral_convergence",
    "train_style_judge",
    "word_judge",
]
