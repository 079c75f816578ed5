"""Which results of the derivations a test of an op checks, by what the op's docstrings name."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from minigen.derivations import named_in
from minigen.engine.op import Op
from minigen.explanation.subjects import resolve

ON_AVERAGE = {"dropout.moments", "reparameterize.estimator", "var.unbiased"}
"""What holds on average over draws, and shows in no single call."""


def of_values_and_gradients(function: Any) -> pytest.MarkDecorator:
    """Mark a test that compares all that a function computes with an independent source.

    Its results are those that its docstring names, its gradient rule's, its module's, and those of
    the op that does its work.
    """
    if isinstance(function, Op) and not function.differentiable:
        return pytest.mark.derivation()
    modules = [sys.modules[target.__module__].__doc__ for target in resolve(function).targets]
    names = [*resolve(function).identifiers, *(name for doc in modules for name in named_in(doc))]
    return pytest.mark.derivation(*(name for name in names if name not in ON_AVERAGE))


def of_gradients(function: Any) -> pytest.MarkDecorator:
    """Mark a test that compares the gradients of a function alone with an independent source."""
    rules = [target.rule for target in resolve(function).targets if isinstance(target, Op)]
    return pytest.mark.derivation(
        *(name for rule in rules if rule is not None for name in named_in(rule.__doc__))
    )
