"""Every differentiable op, layer, loss and model, with inputs at which its gradients are checked.

The one list of them: ``minigen gradcheck`` runs these cases, ``minigen explain`` those of its
subject, and the tests compare them with finite differences, with PyTorch, and on the stand-in for
CuPy.

Examples
--------
>>> from minigen import catalogue
>>> [case.title for case in catalogue.find("softmax")]
['softmax', 'softmax (first axis)']
>>> bool(catalogue.find("softmax")[0].check(order=2))
True
"""

from minigen.catalogue.adversarial import GAME_LOSSES, GANS
from minigen.catalogue.case import Case
from minigen.catalogue.losses import LOSSES
from minigen.catalogue.modules import LAYERS, MODELS
from minigen.catalogue.ops import DISCRETE, OPS, SUMMANDS
from minigen.catalogue.restoration import PERCEPTUAL, RESTORING

CASES: tuple[Case, ...] = (
    *(*OPS, *LOSSES, *GAME_LOSSES, *LAYERS, *PERCEPTUAL),
    *(*MODELS, *RESTORING, *GANS),
)
"""All cases with gradients to check: the ops first, then losses, layers and models."""

CALLS: tuple[Case, ...] = (*OPS, *LOSSES, *SUMMANDS, *DISCRETE)
"""Every function of `minigen.functional`, and every op behind one, with gradients or without."""


def find(name: str) -> list[Case]:
    """Return the cases of one op, layer, loss or model, in any spelling of upper and lower case.

    Raises
    ------
    ValueError
        If nothing of that name is in the catalogue.
    """
    found = [case for case in CASES if case.name == name] or [
        case for case in CASES if case.name.lower() == name.lower()
    ]
    if not found:
        names = ", ".join(sorted({case.name for case in CASES}))
        raise ValueError(f"nothing called {name!r} has gradients to check; there are: {names}")
    return found


__all__ = ["CALLS", "CASES", "Case", "find"]
