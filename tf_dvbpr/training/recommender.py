"""What the training of every recommender has in common: validation by exact AUC, the best weights and factors kept."""

import abc

import numpy as np
import tensorflow as tf

from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.training.loop import Trainable
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset


class RecommenderTraining(Trainable):
    """A `Trainable` whose score is the exact validation AUC.

    Args:
        dataset: users and items.
        workdir: where the best weights and factors go.
    """

    def __init__(self, dataset: Dataset, workdir: Workdir) -> None:
        self._dataset, self._workdir = dataset, workdir
        self._best: Checkpoints | None = None
        self._latest: Factors | None = None

    @abc.abstractmethod
    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """The recommender as it stands: (U float32 [users, D], V float32 [items, D])."""

    def validate(self, step: int) -> dict[str, float]:
        """Exact AUC of the validation items, all and cold."""
        self._latest = Factors(*self.matrices(), self._dataset.user_keys, self._dataset.item_keys, step)
        report = auc.evaluate(self._latest, self._dataset, "validation")
        return {"auc/validation_all": report.all, "auc/validation_cold": report.cold, "score": report.all}

    def keep_best(self, step: int) -> None:
        """Writes best/ and factors.npz."""
        if self._best is None:
            self._best = Checkpoints(self._workdir.path / "best", self.weights(), keep=1)
        self._best.save(step, {"step": step})
        self._latest.save(self._workdir.path / "factors.npz")

    def show(self, step: int) -> None:
        """The settings as text."""
        lines = [f"    {name}: {value}" for name, value in self._workdir.config["train"].items()]
        tf.summary.text("flags", "\n".join(lines), step)
