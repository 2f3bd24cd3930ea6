"""What tools.tailor is asked for."""

import dataclasses

from gan.search.config import AscentConfig
from gan.search.invert import InversionConfig
from tf_dvbpr.config_checks import need, need_between
from tfrecords.errors import InputError


@dataclasses.dataclass(frozen=True)
class TailorConfig:
    """Which garment to alter, for whom, and into which folder.

    Attributes:
        recommender: a run of tools.train_dvbpr.
        gan: a run of tools.train_gan.
        output: folder for the pictures, tailor.json and latents.npz.
        users: keys, or a text of one or more with commas between.
        ascent: how the garment is altered; its starts and candidates are not used, there is one start.
        inversion: how the garment's latent is found.
        item: key of the item that is altered, or
        photo: file of the photo that is.
        category: its name; None: the item's own.
        max_drift: bound on the mean absolute difference of pixels, in [-1, 1], from the image that the alteration
            starts from; None: none.
        every: steps between the images that are shown.
        gif: also write an animation for each user.
    """

    recommender: str
    gan: str
    output: str
    users: str | tuple[str, ...]
    ascent: AscentConfig
    inversion: InversionConfig = dataclasses.field(default_factory=InversionConfig)
    item: str | None = None
    photo: str | None = None
    category: str | None = None
    max_drift: float | None = None
    every: int = 10
    gif: bool = False

    def __post_init__(self) -> None:
        if (self.item is None) == (self.photo is None):
            raise InputError("what is to be altered? Give --item=KEY or --photo=FILE, one of them")
        if self.photo is not None and not self.category:
            raise InputError(f"--photo={self.photo}: give its --category, which the GAN has to know")
        need(self, self.max_drift is None or 0 < self.max_drift < 2, "max_drift", "a number above 0 and under 2")
        need_between(self, "every", 1, 100_000)
