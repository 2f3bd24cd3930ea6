"""The settings of an evaluation of designs (tools.evaluate_design)."""

import dataclasses

from gan.config import JUDGE, OWN_JUDGE
from gan.search.config import AscentConfig
from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, between, check_settings, need, required, setting

SWEEP = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """Which runs to measure, in how many trials, and the output folder; each field's help describes it.

    `etas`: measure the designs at each of these weights instead (Fig. 3); (): Table IV. The field `choice` of `ascent`
    is always that of Table IV.
    """

    recommender: str = required("folder of a training of DVBPR")
    gan: str = required("folder of a training of the GAN")
    output: str = required("folder for the table or figure")
    ascent: AscentConfig = dataclasses.field(default_factory=AscentConfig)
    trials: int = setting(
        1000, "number of queries, each a random user and the category of that user's test item", between(1, 10**6)
    )
    k: int = setting(3, "images of each source per trial", between(2, 100))
    judge: str = setting(
        OWN_JUDGE,
        "network that measures the quality: own (trained on the data set's categories) or one of keras.applications, "
        "for example inception_v3, as in the paper",
        JUDGE,
    )
    judge_weights: str | None = setting(None, "the judge's weights file; if not given, the weights are downloaded")
    judge_batch_norm_epsilon: float | None = setting(
        None, "epsilon of the judge's BatchNormalization layers, if its weights need another than the library's"
    )
    retrieve_owned: bool = setting(True, "retrieve from all items of the category, including the user's own (eq. 8)")
    etas: tuple[float, ...] = setting((), f"values of eta for {option('eta_sweep')}; default: 0,0.1,0.3,1,3,10,30")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        for name in ("judge_weights", "judge_batch_norm_epsilon"):
            needless = self.judge == OWN_JUDGE and getattr(self, name) is not None
            need(self, not needless, name, f"nothing with {option('judge', 'own')}, which is trained here")
        if self.k > self.ascent.starts:
            raise InputError(f"{option('k', self.k)}: at most {option('starts', self.ascent.starts)} expected")
        fine = all(0 <= eta < float("inf") for eta in self.etas) and len(set(self.etas)) == len(self.etas)
        need(self, fine, "etas", "different numbers of at least 0")
