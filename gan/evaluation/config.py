"""The settings of an evaluation of designs (tools.evaluate_design)."""

import dataclasses

from gan.judge_config import JudgeConfig
from gan.search.config import AscentConfig
from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, between, check_settings, need, required, setting

SWEEP = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


@dataclasses.dataclass(frozen=True)
class EvaluateConfig(JudgeConfig):
    """Which runs to measure, in how many trials, and into which folder; each field's help says what it is.

    `etas`: measure the designs at each of these weights instead (Fig. 3); (): Table IV. The field `choice` of `ascent`
    is always that of Table IV.
    """

    recommender: str = required("folder of a training of DVBPR")
    gan: str = required("folder of a training of the GAN")
    output: str = required("folder for the table or figure")
    ascent: AscentConfig = dataclasses.field(default_factory=AscentConfig)
    trials: int = setting(1000, "queries, each of a random user and the category of their test item", between(1, 10**6))
    k: int = setting(3, "images of each source a trial", between(2, 100))
    retrieve_owned: bool = setting(True, "retrieve among all items of the category, the user's own too (eq. 8)")
    attributes: tuple[str, ...] = setting(
        (), "attributes to recognise in the images: columns of the data set's attributes.csv; default: none"
    )
    etas: tuple[float, ...] = setting((), f"those of {option('eta_sweep')}; default: 0,0.1,0.3,1,3,10,30")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        self.check_judge()
        if self.k > self.ascent.starts:
            raise InputError(f"{option('k', self.k)}: at most {option('starts', self.ascent.starts)} expected")
        fine = all(0 <= eta < float("inf") for eta in self.etas) and len(set(self.etas)) == len(self.etas)
        need(self, fine, "etas", "different numbers of at least 0")
