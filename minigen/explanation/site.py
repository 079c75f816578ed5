"""Where things are on the web: on the site that was built here, or on the one that is online.

The site has a page for each op, layer, optimiser, model and objective of a GAN, and for each page
of derivations, on which every result has an anchor.
"""

from __future__ import annotations

import functools
import importlib.metadata
import inspect
from pathlib import Path
from typing import Any, Final

from minigen import functional, models, nn, optim
from minigen._version import DISTRIBUTION
from minigen.derivations import page_of
from minigen.engine.op import registry
from minigen.explanation.explanation import Explained
from minigen.explanation.subjects import names

BUILT: Final = Path(__file__).parent.parent.parent / "docs" / "_build" / "html"
"""Where the site is built, beside the sources."""

_LABEL: Final = "Documentation"
"""What the package's metadata calls the address of the site."""

_CLASSES: Final = {
    "layers": (nn, nn.Module),
    "optimizers": (optim, optim.Optimizer),
    "models": (models, models.Model),
    "objectives": (models, models.AdversarialObjective),
}
"""Folders of the site: the public classes of a module that are of a kind."""


class NoSiteError(FileNotFoundError):
    """There is no page to open: no site was built here or is known to be online, or it lacks it."""


@functools.cache
def pages() -> dict[str, dict[str, Any]]:
    """Return everything that has a page of its own: by folders, by names.

    Ops of one's own, which are registered too, have none.

    Examples
    --------
    >>> from minigen.explanation.site import pages
    >>> list(pages())
    ['ops', 'layers', 'optimizers', 'models', 'objectives']
    >>> list(pages()["optimizers"])
    ['Adam', 'AdamW', 'RMSprop', 'SGD']
    """
    ops: dict[str, Any] = {}
    ours = [name for name, op in registry.items() if op.__module__.startswith("minigen.ops.")]
    for name in (*functional.__all__, *ours):
        target = names()[name]
        if not any(target is known for known in ops.values()):  # clamp is clip
            ops[str(target.__name__)] = target
    return {"ops": ops, **{folder: _classes(*place) for folder, place in _CLASSES.items()}}


def _classes(module: Any, base: type) -> dict[str, Any]:
    """Return the public classes of a module that are of a kind and can be explained."""
    return {
        name: target
        for name in sorted(module.__all__, key=str.lower)
        if inspect.isclass(target := getattr(module, name))
        and issubclass(target, base)
        and names().get(name) is target
    }


def place_of(explanation: Explained) -> str:
    """Return the page of a thing, with the anchor of a result.

    What has no page of its own is found on that of the derivation of its first result. If there is
    neither, as for an op that is not the library's, that is a `NoSiteError`.

    Examples
    --------
    >>> import minigen
    >>> from minigen.explanation.site import place_of
    >>> place_of(minigen.explain("conv2d", check=False))
    'ops/conv2d.html'
    >>> place_of(minigen.explain("conv2d.grad_weight", check=False))
    'derivations/convolution.html#conv2d.grad_weight'
    """
    if explanation.kind != "result":
        for folder, members in pages().items():
            if explanation.name in members:
                return f"{folder}/{explanation.name}.html"
    if not explanation.identifiers:
        raise NoSiteError(f"the site has no page of {explanation.name}")
    first = explanation.identifiers[0]
    return f"derivations/{page_of()[first]}.html#{first}"


def address_of(place: str) -> str:
    """Return the address of a page: a file, if the site was built here.

    The `place` is from the site's folder, such as ``derivations/kl.html#kl.gaussian``. If the site
    was not built here, and the package's metadata has no address of one, that is a `NoSiteError`.
    """
    page, hash_sign, anchor = place.partition("#")
    built = BUILT / page
    if built.is_file():
        return built.as_uri() + hash_sign + anchor
    online = _online()
    if online is None:
        raise NoSiteError(
            f"there is no site to open: {BUILT} holds no {page}, and this version of minigen has "
            "no address online; `python -m docs build` builds the site in a checkout, and without "
            "--web the page is shown here"
        )
    return f"{online.rstrip('/')}/{place}"


def _online() -> str | None:
    """Return the address of the site in the metadata of the installed package, if it has one."""
    try:
        entries = importlib.metadata.metadata(DISTRIBUTION).get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    addresses = dict(entry.split(", ", maxsplit=1) for entry in entries)
    return addresses.get(_LABEL)
