"""Defines the settings of the judge, the network that measures generated images."""

import dataclasses

from tf_dvbpr.networks.imagenet_networks import NETWORKS
from tfrecords.errors import option
from tfrecords.settings import Bounds, inside, need, setting

OWN_JUDGE = "own"
JUDGES = (OWN_JUDGE, *NETWORKS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """The judge and its weights; each field's help describes it."""

    judge: str = setting(
        OWN_JUDGE,
        "network for the metrics: own (trained on the data set's categories) or a network of keras.applications, for "
        "example inception_v3 (the paper's) or resnet50",
        Bounds(lambda value: value in JUDGES, "one of " + ", ".join(JUDGES)),
    )
    judge_weights: str | None = setting(None, "the judge's weights file; downloaded if not given")
    judge_batch_norm_epsilon: float | None = setting(
        None,
        "epsilon of the judge's BatchNormalization layers, if its weights need another one than Keras' value",
        inside(0, 1),
    )

    def check_judge(self) -> None:
        """Raises InputError if weights or an epsilon are given for the own judge, which is trained here."""
        for name in ("judge_weights", "judge_batch_norm_epsilon"):
            needless = self.judge == OWN_JUDGE and getattr(self, name) is not None
            need(self, not needless, name, f"nothing with {option('judge', OWN_JUDGE)}, which is trained here")
