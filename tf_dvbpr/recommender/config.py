"""The settings of recommendations (tools.recommend) and of an evaluation (tools.evaluate_auc)."""

import dataclasses

from tfrecords.errors import InputError, option
from tfrecords.files.output_check import check_writable
from tfrecords.settings import MOVED_DATASET, at_least, check_settings, one_of, required, setting

DEFAULT_K = 10  # items per user


@dataclasses.dataclass(frozen=True)
class RecommendConfig:
    """What to recommend, and to which users; each field's help describes it."""

    workdir: str = required("folder of a training")
    user: str = required("the user's key, or several keys separated by commas")
    k: int | None = setting(None, f"items per user; {DEFAULT_K} if not given, or all if there are fewer")
    category: str | None = setting(None, "only items of this category")
    picture: str | None = setting(None, "picture file to write (.png, .jpg, .webp)")
    dataset: str | None = setting(None, MOVED_DATASET)


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """What to evaluate: either `workdir`, or `factors` and `dataset`. Each field's help describes it."""

    workdir: str | None = setting(None, "folder of a training")
    factors: str | None = setting(None, "a factors file, instead of a workdir")
    dataset: str | None = setting(
        None, f"the data set folder, with {option('factors')}; or the new folder of a run's data set"
    )
    protocol: str = setting(
        "exact",
        "exact: against all items; release: against 100 random items per user, as in the authors' code",
        one_of("exact", "release"),
    )
    ties: str = setting(
        "strict", "strict: an equal score is a loss; half: it counts one half", one_of("strict", "half")
    )
    seed: int = setting(0, "seed of RAND and of the release protocol's random items", at_least(0))
    output: str | None = setting(None, "JSON file to write; auc.json in the workdir if not given")

    def __post_init__(self) -> None:
        if (self.workdir is None) == (self.factors is None):
            raise InputError(f"give either {option('workdir')}, or {option('factors')} and {option('dataset')}")
        if self.factors is not None and self.dataset is None:
            raise InputError(
                f"{option('factors')} needs {option('dataset')}: a workdir knows its data set, a factors file does not"
            )
        check_settings(self)
        if self.protocol == "release" and self.ties != "strict":
            raise InputError(
                f"{option('ties', 'half')} contradicts {option('protocol', 'release')}: the authors' evaluator is "
                "strict"
            )
        if self.output is not None:
            check_writable(self.output)
