"""The settings of a design (tools.design)."""

import dataclasses

from gan.search.config import GROUPS, AscentConfig
from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, between, check_settings, need, one_of, required, setting

NO_GROUP = "none"


@dataclasses.dataclass(frozen=True)
class DesignConfig:
    """For whom to design, which categories, and the output folder; each field's help describes it.

    `users` are keys, or a text of keys separated by commas. `categories` are names, or texts of names separated by
    commas; (): all categories that the GAN draws.
    """

    recommender: str = required("folder of a training of DVBPR")
    gan: str = required("folder of a training of the GAN")
    output: str = required("folder for the designs")
    users: str | tuple[str, ...] = required("the user's key, or several keys separated by commas")
    ascent: AscentConfig = dataclasses.field(default_factory=AscentConfig)
    categories: tuple[str, ...] = setting((), "names of categories; default: all that the GAN draws")
    k: int = setting(3, "number of garments to retrieve and to design", between(1, 1000))
    group: str = setting(
        "mean",
        "additional design for all users together: mean: the highest mean score; minimum: the highest score of the "
        "member who likes it least; none: no such design",
        one_of(*GROUPS, NO_GROUP),
    )
    weights: tuple[float, ...] = setting(
        (), f"users' weights in {option('group', 'mean')}, for example 2,1,1; default: equal"
    )
    trajectory: bool = setting(False, "also draw the course of each search")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.k > self.ascent.starts:
            raise InputError(
                f"{option('k', self.k)}: only {option('starts', self.ascent.starts)} images are optimised; raise "
                f"{option('starts')} or lower {option('k')}"
            )
        fine = all(0 <= weight < float("inf") for weight in self.weights) and (
            not self.weights or sum(self.weights) > 0
        )
        need(self, fine, "weights", "numbers of at least 0, one of them above")
        need(self, not self.weights or self.group == "mean", "weights", f"nothing, unless {option('group', 'mean')}")
