"""The conditional least-squares GAN that draws clothes.

Public names are imported at their first use: ``import gan`` itself does not import TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.api.designer import Designer
    from gan.api.generator import Generator
    from gan.api.train import train

__all__ = ["Designer", "Generator", "train"]

_MODULES = {"Designer": "gan.api.designer", "Generator": "gan.api.generator", "train": "gan.api.train"}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
