"""The common part of every recommender's training: validation by exact AUC; keeps the best weights and factors."""

import abc
import math

import numpy as np

from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.training.workdir_training import WorkdirTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset


class RecommenderTraining(WorkdirTraining):
    """A training whose score is the exact validation AUC.

    Args:
        dataset: users and items.
        workdir: the folder for the best weights and factors.
    """

    def __init__(self, dataset: Dataset, workdir: Workdir) -> None:
        super().__init__(workdir)
        self._dataset = dataset
        self._latest: Factors | None = None

    @abc.abstractmethod
    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the current recommender: (U float32 [users, D], V float32 [items, D])."""

    def candidates(self, step: int) -> list[tuple[Factors, dict[str, float]]]:
        """Returns the versions of the current recommender that are validated, each with figures of its own.

        The one with the largest sum of the AUC on all and on cold items is kept.
        """
        return [(Factors(*self.matrices(), self._dataset.user_keys, self._dataset.item_keys, step), {})]

    def validate(self, step: int) -> dict[str, float]:
        """Returns the exact AUC of the validation items, all and cold."""
        most = -math.inf
        for factors, figures in self.candidates(step):
            report = auc.evaluate(factors, self._dataset, "validation")
            both = report.all + (0.0 if math.isnan(report.cold) else report.cold)
            if both > most or most == -math.inf:
                self._latest, best, own, most = factors, report, figures, both
        return {"auc/validation_all": best.all, "auc/validation_cold": best.cold, **own, "score": best.all}

    def keep_best(self, step: int) -> None:
        """Writes best/ and factors.npz."""
        super().keep_best(step)
        self._latest.save(self._workdir.path / "factors.npz")
