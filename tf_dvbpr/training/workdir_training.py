"""The common part of every training with a workdir: best weights in best/, settings in TensorBoard."""

import tensorflow as tf

from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.training.loop import Trainable
from tf_dvbpr.workdir import Workdir


class WorkdirTraining(Trainable):
    """A `Trainable` that writes its best weights to its workdir.

    Args:
        workdir: the run's workdir.
    """

    def __init__(self, workdir: Workdir) -> None:
        self._workdir = workdir
        self._best: Checkpoints | None = None

    def keep_best(self, step: int) -> None:
        """Writes best/."""
        if self._best is None:
            self._best = Checkpoints(self._workdir.path / "best", self.weights(), keep=1)
        self._best.save(step, {"step": step})

    def show(self, step: int) -> None:
        """Writes the settings as text to TensorBoard."""
        lines = [f"    {name}: {value}" for name, value in self._workdir.config["train"].items()]
        tf.summary.text("flags", "\n".join(lines), step)
