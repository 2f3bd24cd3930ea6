"""Defines the settings of tools.explain that concern the GAN."""

import dataclasses

from tfrecords.settings import check_settings, inside, required, setting


@dataclasses.dataclass(frozen=True)
class ChangeConfig:
    """How far a garment is altered, and with which GAN; each field's help describes it.

    Raises:
        InputError: a setting is out of its bounds.
    """

    gan: str = required("the GAN's workdir; with it, the smallest change that the user would like is shown too")
    reach: float = setting(
        0.9, "share of the catalogue that the user should score below the altered garment", inside(0, 1)
    )
    category: str | None = setting(None, "the garment's category, for the GAN; the item's if not given")

    def __post_init__(self) -> None:
        check_settings(self)
