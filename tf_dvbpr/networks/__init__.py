"""Networks that map photos to vectors: CNN-F and those trained on ImageNet."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf_dvbpr.networks.cnnf import CNNF

__all__ = ["CNNF"]

_MODULES = {"CNNF": "tf_dvbpr.networks.cnnf"}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
    return value
