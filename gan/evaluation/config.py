"""What tools.evaluate_design is asked for."""

import dataclasses

from gan.config import JUDGES, OWN_JUDGE
from gan.search.config import AscentConfig
from tf_dvbpr.config_checks import need, need_between, need_one_of
from tfrecords.errors import InputError

SWEEP = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """Which runs to measure, in how many trials, and into which folder.

    Attributes:
        recommender: a run of tools.train_dvbpr.
        gan: a run of tools.train_gan.
        output: folder for the table or the figure.
        ascent: how the designs are searched; its choice is the table's.
        trials: queries, each of a random user and the category of that user's test item.
        k: images of each source a query.
        judge: network of the quality: ``own``, or one of `tf_dvbpr.networks.imagenet_networks.NETWORKS`.
        judge_weights: its HDF5 file; None: the library's download.
        judge_batch_norm_epsilon: see `tf_dvbpr.networks.pretrained.load_pretrained`.
        retrieve_owned: retrieval is among all items of the category, as eq. 8 has it; False: the user's own left out.
        etas: measure the designs at each of these weights instead (Fig. 3); (): the table.
    """

    recommender: str
    gan: str
    output: str
    ascent: AscentConfig
    trials: int = 1000
    k: int = 3
    judge: str = OWN_JUDGE
    judge_weights: str | None = None
    judge_batch_norm_epsilon: float | None = None
    retrieve_owned: bool = True
    etas: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        need_between(self, "trials", 1, 10**6)
        need_between(self, "k", 2, 100)
        need_one_of(self, "judge", JUDGES)
        for name in ("judge_weights", "judge_batch_norm_epsilon"):
            needless = self.judge == OWN_JUDGE and getattr(self, name) is not None
            need(self, not needless, name, "nothing with --judge=own, which is trained here")
        if self.k > self.ascent.starts:
            raise InputError(f"--k={self.k}: at most --starts={self.ascent.starts} expected")
        fine = all(0 <= eta < float("inf") for eta in self.etas) and len(set(self.etas)) == len(self.etas)
        need(self, fine, "etas", "different numbers of at least 0")
