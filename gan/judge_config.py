"""The settings of the network that judges generated images."""

import dataclasses

from tf_dvbpr.networks.imagenet_networks import NETWORKS
from tfrecords.errors import option
from tfrecords.settings import Bounds, inside, need, setting

OWN_JUDGE = "own"
JUDGES = (OWN_JUDGE, *NETWORKS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """Which network judges, with which weights; each field's help says what it is."""

    judge: str = setting(
        OWN_JUDGE,
        "network of the figures: own (trained on the data set's categories) or a keras.applications network, as "
        "inception_v3, the paper's, or resnet50",
        Bounds(lambda value: value in JUDGES, "one of " + ", ".join(JUDGES)),
    )
    judge_weights: str | None = setting(None, "the judge's weights file; without it they are downloaded")
    judge_batch_norm_epsilon: float | None = setting(
        None, "of the judge's BatchNormalization layers, where its weights need another", inside(0, 1)
    )

    def check_judge(self) -> None:
        """Raises InputError for weights or an epsilon of a judge that is trained here."""
        for name in ("judge_weights", "judge_batch_norm_epsilon"):
            needless = self.judge == OWN_JUDGE and getattr(self, name) is not None
            need(self, not needless, name, f"nothing with {option('judge', OWN_JUDGE)}, which is trained here")
