"""The settings of a tailoring (tools.tailor)."""

import dataclasses

from gan.search.config import AscentConfig, InversionConfig
from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, between, check_settings, inside, required, setting


@dataclasses.dataclass(frozen=True)
class TailorConfig:
    """Which garment to alter, for whom, and the output folder; each field's help describes it.

    `users` are keys, or a text of keys separated by commas. The fields `starts` and `candidates` of `ascent` are not
    used: there is one start.
    """

    recommender: str = required("folder of a training of DVBPR")
    gan: str = required("folder of a training of the GAN")
    output: str = required("folder for the pictures")
    users: str | tuple[str, ...] = required("the user's key, or several keys separated by commas")
    ascent: AscentConfig = dataclasses.field(default_factory=AscentConfig)
    inversion: InversionConfig = dataclasses.field(default_factory=InversionConfig)
    item: str | None = setting(None, "key of the item to alter")
    photo: str | None = setting(None, "file of the photo to alter, instead of an item")
    category: str | None = setting(None, "the garment's category; default: the item's")
    max_drift: float | None = setting(
        None,
        "largest mean absolute difference of pixels, in [-1, 1], from the first image, for example 0.1",
        inside(0, 2),
    )
    every: int = setting(10, "number of steps between the images shown", between(1, 100_000))
    gif: bool = setting(False, "also write an animation for each user")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        if (self.item is None) == (self.photo is None):
            raise InputError(
                f"what is to be altered? Give {option('item', 'KEY')} or {option('photo', 'FILE')}, one of them"
            )
        if self.photo is not None and not self.category:
            raise InputError(f"{option('photo', self.photo)}: give its {option('category')}, which the GAN has to know")
        check_settings(self)
