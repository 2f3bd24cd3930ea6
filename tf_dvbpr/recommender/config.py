"""What tools.recommend and tools.evaluate_auc are asked for."""

import dataclasses

from tfrecords.errors import InputError, option
from tfrecords.files.output_check import check_writable
from tfrecords.settings import MOVED_DATASET, at_least, check_settings, one_of, required, setting

DEFAULT_K = 10  # items a user


@dataclasses.dataclass(frozen=True)
class RecommendConfig:
    """What to recommend to whom; each field's help says what it is."""

    workdir: str = required("folder of a training")
    user: str = required("the user's key, or several with commas between")
    k: int | None = setting(None, f"items a user; {DEFAULT_K} if not given, or all where there are fewer")
    category: str | None = setting(None, "only items of this category")
    picture: str | None = setting(None, "picture file to write (.png, .jpg, .webp)")
    dataset: str | None = setting(None, MOVED_DATASET)


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """What to evaluate; give either `workdir`, or `factors` and `dataset`. Each field's help says what it is."""

    workdir: str | None = setting(None, "folder of a training")
    factors: str | None = setting(None, "a factors file, instead of a workdir")
    dataset: str | None = setting(None, f"the data set folder, with {option('factors')}; or where a run's lies now")
    protocol: str = setting(
        "exact",
        "exact: against all items; release: against 100 random items a user, as the authors' code",
        one_of("exact", "release"),
    )
    ties: str = setting(
        "strict", "strict: an equal score is a loss; half: it counts one half", one_of("strict", "half")
    )
    seed: int = setting(0, "of RAND and of the release protocol's random items", at_least(0))
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
