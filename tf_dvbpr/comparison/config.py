"""Defines the settings of tools.compare."""

import dataclasses

from tf_dvbpr.dvbpr.config import PRESET
from tfrecords.errors import InputError, option
from tfrecords.settings import Bounds, at_least, check_settings, one_of, required, setting

# Regularisers and numbers of factors; `paper` is the paper's own search (section V).
GRIDS: dict[str, tuple[tuple[float, ...], tuple[int, ...]]] = {
    "paper": ((0.0, 0.001, 0.01, 0.1, 1.0, 10.0, 30.0), (10, 30, 50)),
    "quick": ((0.1, 1.0, 10.0), (50,)),
}


@dataclasses.dataclass(frozen=True)
class CompareConfig:
    """What to compare, and how; each field's help describes it.

    Raises:
        InputError: a setting is out of its bounds, or the given runs do not fit the seeds.
    """

    dataset: str = required("the dataset folder, written by tools.build_dataset")
    output: str = required("folder for the tables and all runs")
    models: tuple[str, ...] = setting(
        ("all",),
        "all, or some of rand, poprank, warp, bpr_mf, visrank, fm, vbpr, deepstyle, amr, dvbpr; MODEL:FEATURES uses "
        "other features",
        Bounds(bool, "all, or names with commas between, as in bpr_mf,vbpr,dvbpr"),
    )
    grid: str = setting(
        "quick",
        "paper: 7 regularisers x 3 numbers of factors; quick: 3 regularisers; none: the defaults",
        one_of(*GRIDS, "none"),
    )
    seeds: int = setting(1, "number of seeds; the first one tunes, the others repeat the chosen settings", at_least(1))
    features: str | None = setting(
        None,
        "name of the item features, or several names with commas, which are scaled and joined; not needed if the data "
        "set has only one set of them",
    )
    dvbpr_workdir: tuple[str, ...] = setting(
        (), "workdirs of trained DVBPR, at most one per seed, instead of training it"
    )
    dvbpr_preset: str = setting("fast", "preset of the DVBPR that is trained", PRESET)
    dvbpr_photos: int = setting(
        0, "number of photos after which DVBPR's training stops; 0: the preset's length", at_least(0)
    )

    def __post_init__(self) -> None:
        check_settings(self)
        if len(set(self.dvbpr_workdir)) < len(self.dvbpr_workdir):
            raise InputError(f"{option('dvbpr_workdir')}: the same run twice; a run of its own for each seed expected")
        if len(self.dvbpr_workdir) > self.seeds:
            raise InputError(
                f"{option('dvbpr_workdir')}: {len(self.dvbpr_workdir)} runs given for {option('seeds', self.seeds)}; "
                "at most one a seed expected"
            )
