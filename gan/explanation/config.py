"""What tools.explain asks of the GAN."""

import dataclasses

from tfrecords.settings import check_settings, inside, required, setting


@dataclasses.dataclass(frozen=True)
class ChangeConfig:
    """How far a garment is to be altered, and with which GAN; each field's help says what it is."""

    gan: str = required("folder of a training of the GAN: also show the smallest change that would please the user")
    reach: float = setting(
        0.9, "share of the catalogue that the altered garment is to be above, for the user", inside(0, 1)
    )
    category: str | None = setting(None, "of the garment, for the GAN; the item's if not given")

    def __post_init__(self) -> None:
        check_settings(self)
