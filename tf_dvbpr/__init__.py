"""DVBPR: visually-aware recommendation learnt from product photos (Kang et al., ICDM 2017).

Public names are imported at their first use: ``import tf_dvbpr`` itself does not import TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf_dvbpr.api.build_dataset import build_dataset
    from tf_dvbpr.api.compare import compare
    from tf_dvbpr.api.evaluate import evaluate
    from tf_dvbpr.api.recommender import Recommender
    from tf_dvbpr.api.train import train
    from tfrecords.dataset import Dataset
    from tfrecords.errors import InputError

__version__ = "0.1.0"
__all__ = ["Dataset", "InputError", "Recommender", "build_dataset", "compare", "evaluate", "train"]

_MODULES = {
    "Dataset": "tfrecords.dataset",
    "InputError": "tfrecords.errors",
    "Recommender": "tf_dvbpr.api.recommender",
    "build_dataset": "tf_dvbpr.api.build_dataset",
    "compare": "tf_dvbpr.api.compare",
    "evaluate": "tf_dvbpr.api.evaluate",
    "train": "tf_dvbpr.api.train",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
