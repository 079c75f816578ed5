"""Checks of gradients against numerical derivatives, with reports that say what is wrong.

>>> import numpy as np
>>> import minigen.functional as F
>>> from minigen.checker import gradcheck
>>> report = gradcheck(F.exp, np.array([0.0, 1.0]), order=2)
>>> bool(report), report.worst_relative_error < 1e-9
(True, True)
"""

from minigen.checker.check import gradcheck, gradcheck_parameters
from minigen.checker.plot import StepSizeErrors, gradcheck_plot, step_size_errors
from minigen.checker.report import (
    Failure,
    FailureKind,
    GradcheckError,
    GradReport,
    InputReport,
)

__all__ = [
    "Failure",
    "FailureKind",
    "GradReport",
    "GradcheckError",
    "InputReport",
    "StepSizeErrors",
    "gradcheck",
    "gradcheck_parameters",
    "gradcheck_plot",
    "step_size_errors",
]
