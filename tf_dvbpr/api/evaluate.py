"""`tf_dvbpr.evaluate`."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from tf_dvbpr.api.keywords import settings

_SPLITS = ("validation", "test")


@dataclasses.dataclass(frozen=True, repr=False)
class Evaluation:
    """The AUC of a recommender beside RAND, PopRank and, on synthetic data, the oracle.

    Attributes:
        figures: the content of auc.json; `tf_dvbpr.recommender.evaluate.evaluate` lists its fields.
    """

    figures: dict[str, Any]

    @property
    def validation(self) -> float | None:
        """Returns the recommender's AUC on the validation items, over all users; None if there are none."""
        return self.auc(self.figures["model"], "validation")

    @property
    def test(self) -> float | None:
        """Returns the recommender's AUC on the test items, over all users; None if there are none."""
        return self.auc(self.figures["model"], "test")

    def auc(self, ranking: str, split: str = "test", group: str = "all") -> float | None:
        """Returns one figure of the table; None if there are no such users.

        Args:
            ranking: a row's name, such as ``PopRank``.
            split: ``validation`` or ``test``.
            group: ``all`` held-out items, ``warm`` or ``cold`` ones: with 5 purchases in training or more, or with
                fewer; ``unseen`` ones, where the split is by date: bought by nobody before.
        """
        row = next(row for row in reversed(self.figures["rows"]) if row["name"] == ranking)
        value: float | None = row[split][group]
        return value

    def __repr__(self) -> str:
        columns = [(split, group) for split in _SPLITS for group in self.figures["groups"]]
        lines = [["AUC", *(" ".join(column) for column in columns)]]
        for row in self.figures["rows"]:
            values = [row[split][group] for split, group in columns]
            lines.append([row["name"], *("-" if value is None else f"{value:.4f}" for value in values)])
        return "\n".join(f"{name:10}" + "".join(f"{cell:>16}" for cell in cells) for name, *cells in lines)


def evaluate(workdir: str | os.PathLike[str] | None = None, *, progress: bool = True, **options: object) -> Evaluation:
    """Computes the AUC of a recommender, as tools.evaluate_auc does, and writes auc.json into the workdir.

    >>> result = tf_dvbpr.evaluate("out/run", progress=False)
    >>> 0 <= result.test <= 1
    True
    >>> result.auc("PopRank", "validation") == result.figures["rows"][1]["validation"]["all"]
    True

    Args:
        workdir: the workdir of a training. Leave it out if you give ``factors`` and ``dataset`` instead.
        progress: show progress bars.
        **options: further fields of `tf_dvbpr.recommender.config.EvaluateConfig`, such as ``protocol``, ``ties``.

    Raises:
        InputError: contradictory or missing input, factors of another data set, or factors that are not finite.
    """
    from tf_dvbpr.recommender.config import EvaluateConfig
    from tf_dvbpr.recommender.evaluate import evaluate as library

    given = settings(EvaluateConfig, {"workdir": workdir, **options})
    return Evaluation(library(EvaluateConfig(**given), progress))
