"""Defines the generators G(z, c) and the discriminator D(x, c)."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.networks.discriminator import Discriminator
    from gan.networks.generator import Generator

__all__ = ["Discriminator", "Generator"]

_MODULES = {"Discriminator": "gan.networks.discriminator", "Generator": "gan.networks.generator"}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
    return value
