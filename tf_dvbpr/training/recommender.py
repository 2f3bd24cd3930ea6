"""The common part of every recommender's training: validation by exact AUC; keeps the best weights and factors."""

import abc

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

    def validate(self, step: int) -> dict[str, float]:
        """Returns the exact AUC of the validation items, all and cold."""
        self._latest = Factors(*self.matrices(), self._dataset.user_keys, self._dataset.item_keys, step)
        report = auc.evaluate(self._latest, self._dataset, "validation")
        return {"auc/validation_all": report.all, "auc/validation_cold": report.cold, "score": report.all}

    def keep_best(self, step: int) -> None:
        """Writes best/ and factors.npz."""
        super().keep_best(step)
        self._latest.save(self._workdir.path / "factors.npz")
