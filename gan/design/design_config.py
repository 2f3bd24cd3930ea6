"""What tools.design is asked for."""

import dataclasses

from gan.search.config import AscentConfig
from gan.search.taste import GROUPS
from tf_dvbpr.config_checks import need, need_between, need_one_of
from tfrecords.errors import InputError

NO_GROUP = "none"


@dataclasses.dataclass(frozen=True)
class DesignConfig:
    """For whom to design what, and into which folder.

    Attributes:
        recommender: a run of tools.train_dvbpr.
        gan: a run of tools.train_gan.
        output: folder for the pictures, design.json and latents.npz.
        users: keys, or a text of one or more with commas between.
        ascent: how the latents are searched.
        categories: names; (): all that the GAN draws.
        k: garments a query.
        group: of several users, besides each by himself: ``mean``, ``minimum`` or ``none``.
        weights: of the users in ``mean``, one each; (): equal.
        trajectory: also draw how the search went.
    """

    recommender: str
    gan: str
    output: str
    users: str | tuple[str, ...]
    ascent: AscentConfig
    categories: tuple[str, ...] = ()
    k: int = 3
    group: str = "mean"
    weights: tuple[float, ...] = ()
    trajectory: bool = False

    def __post_init__(self) -> None:
        need_between(self, "k", 1, 1000)
        need_one_of(self, "group", (*GROUPS, NO_GROUP))
        if self.k > self.ascent.starts:
            raise InputError(
                f"--k={self.k}: only --starts={self.ascent.starts} images are optimised; raise --starts or lower --k"
            )
        fine = all(0 <= weight < float("inf") for weight in self.weights) and (
            not self.weights or sum(self.weights) > 0
        )
        need(self, fine, "weights", "numbers of at least 0, one of them above")
        need(self, not self.weights or self.group == "mean", "weights", "nothing, unless --group=mean")
