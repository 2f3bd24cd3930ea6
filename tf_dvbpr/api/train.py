"""`tf_dvbpr.train`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tf_dvbpr.api.keywords import settings
from tfrecords.errors import InputError

if TYPE_CHECKING:
    from tf_dvbpr.api.recommender import Recommender
    from tfrecords.dataset import Dataset

_DEFAULT = "fast"


def train(
    dataset: str | os.PathLike[str] | Dataset,
    workdir: str | os.PathLike[str],
    preset: str = _DEFAULT,
    model: str = "dvbpr",
    *,
    progress: bool = True,
    **given: object,
) -> Recommender:
    """Trains a recommender, as tools.train_dvbpr and tools.train_baseline do, or resumes its training.

    >>> recommender = tf_dvbpr.train("out/my_shop", "out/bpr_mf", model="bpr_mf", epochs=2, dim=4, progress=False)
    >>> recommender.model
    'BPR-MF'

    Args:
        dataset: the dataset folder, or the result of `build_dataset`.
        workdir: the folder of the run: a new folder, or that of a run to resume with the same settings.
        preset: DVBPR's preset: ``fast``, ``paper`` or ``release``.
        model: ``dvbpr``, or a baseline: ``rand``, ``poprank``, ``warp``, ``bpr_mf``, ``visrank``, ``fm``, ``vbpr``,
            ``deepstyle``, ``amr``.
        progress: show progress bars.
        **given: settings that replace the preset's: fields of `tf_dvbpr.dvbpr.config.TrainConfig`, for a baseline
            fields of `tf_dvbpr.baselines.config.BaselineConfig`.

    Returns:
        The trained recommender, with the weights of its best validation.

    Raises:
        InputError: an unknown model, preset or setting, contradictory settings, a data set or workdir that does not
            fit, or a loss that is NaN or infinite.
    """
    from tf_dvbpr.api.recommender import Recommender
    from tf_dvbpr.model_names import NAMES

    folders = str(getattr(dataset, "path", dataset)), os.fspath(workdir)
    if model not in NAMES:
        raise InputError(f"model={model}: expected one of {', '.join(NAMES)}")
    if model == "dvbpr":
        _train_dvbpr(*folders, preset, given, progress)
    elif preset != _DEFAULT:
        raise InputError(f"preset={preset} has no effect with model={model}: leave it out")
    else:
        _train_baseline(*folders, model, given, progress)
    return Recommender.open(workdir)


def _train_dvbpr(dataset: str, workdir: str, preset: str, given: dict[str, object], progress: bool) -> None:
    from tf_dvbpr.dvbpr.config import PRESETS, TrainConfig
    from tf_dvbpr.dvbpr.presets import resolve
    from tf_dvbpr.dvbpr.train import train

    if preset not in PRESETS:
        raise InputError(f"preset={preset}: expected one of {', '.join(PRESETS)}")
    train(resolve(dataset, workdir, preset, settings(TrainConfig, given)), progress)


def _train_baseline(dataset: str, workdir: str, model: str, given: dict[str, object], progress: bool) -> None:
    from tf_dvbpr.baselines.config import BaselineConfig, resolve
    from tf_dvbpr.baselines.train import train

    train(resolve(dataset, workdir, model, settings(BaselineConfig, given)), progress)
