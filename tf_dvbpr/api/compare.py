"""`tf_dvbpr.compare`."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf_dvbpr.api.keywords import settings

if TYPE_CHECKING:
    from tfrecords.dataset import Dataset


@dataclasses.dataclass(frozen=True, repr=False)
class Comparison:
    """The table of a comparison; printing it shows Markdown.

    Attributes:
        figures: the content of table3.json; `tf_dvbpr.comparison.compare.compare` lists its fields.
        files: the files of the table.
    """

    figures: dict[str, Any]
    files: tuple[Path, ...]

    @property
    def test(self) -> dict[str, float]:
        """Returns each row's AUC on the test items over all users, by the row's name."""
        return {row["name"]: row["all"] for row in self.figures["rows"]}

    def __repr__(self) -> str:
        from tf_dvbpr.comparison.tables import markdown

        return markdown(self.figures)


def compare(
    dataset: str | os.PathLike[str] | Dataset,
    output: str | os.PathLike[str],
    models: str | Sequence[str] = "all",
    *,
    progress: bool = True,
    **options: object,
) -> Comparison:
    """Tunes each model on validation, tests the best of each once, and writes the table, as tools.compare does.

    >>> table = tf_dvbpr.compare("out/my_shop", "out/table3", models=["rand", "poprank"], progress=False)
    >>> sorted(table.test)
    ['PopRank', 'RAND']

    Args:
        dataset: the dataset folder, or the result of `build_dataset`.
        output: folder for the table and all runs; finished runs in it are not repeated.
        models: ``all``, or names as in `train`; ``vbpr:NAME`` for other features.
        progress: show progress bars.
        **options: further fields of `tf_dvbpr.comparison.config.CompareConfig`, such as ``grid``, ``seeds``.

    Raises:
        InputError: bad names or options, features or a given run that cannot be used, or a folder with other content.
    """
    from tf_dvbpr.comparison import compare as library
    from tf_dvbpr.comparison import tables
    from tf_dvbpr.comparison.config import CompareConfig

    folder = getattr(dataset, "path", dataset)
    given = settings(CompareConfig, {"dataset": folder, "output": output, "models": models, **options})
    result = library.compare(CompareConfig(**given), progress)
    return Comparison(result, tuple(tables.write(result, Path(output))))
