"""`tf_dvbpr.build_dataset`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tf_dvbpr.api.keywords import settings

if TYPE_CHECKING:
    from tfrecords.dataset import Dataset


def build_dataset(
    source: str,
    output: str | os.PathLike[str],
    input: str | os.PathLike[str] | None = None,
    *,
    progress: bool = True,
    **options: object,
) -> Dataset:
    """Builds a dataset folder, as tools.build_dataset does, and opens it.

    >>> dataset = tf_dvbpr.build_dataset(source="csv", input="my_shop", output="out/built", progress=False)
    >>> dataset.num_users, dataset.num_items
    (60, 90)

    Args:
        source: where the data comes from: ``csv``, ``release``, ``wardrobe``, ``amazon`` or ``tradesy``.
        output: the folder to write.
        input: the folder or file that the source reads; the wardrobe has none.
        progress: show a progress bar.
        **options: further fields of `tfrecords.build_config.BuildConfig`, such as ``min_actions`` or ``seed``.

    Raises:
        InputError: bad input, an unknown option, or `output` exists.
    """
    from tfrecords.build import build_dataset as build
    from tfrecords.build_config import BuildConfig

    given = settings(BuildConfig, {"source": source, "output": output, "input": input, **options})
    return build(BuildConfig(**given), progress)
