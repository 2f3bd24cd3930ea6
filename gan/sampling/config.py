"""The settings of a sampling (tools.sample_gan)."""

import dataclasses

from tfrecords.settings import MOST_SEED, MOVED_DATASET, Bounds, between, check_settings, required, setting


@dataclasses.dataclass(frozen=True)
class SampleConfig:
    """Which images to draw, and the output folder; each field's help describes it.

    `categories` are names, or texts of names separated by commas; (): all.
    """

    workdir: str = required("folder of a training of the GAN")
    output: str = required("folder for the pictures")
    categories: tuple[str, ...] = setting((), "names of categories; default: all")
    count: int = setting(64, "images of each category", between(1, 100_000))
    seed: int = setting(0, "seed of the latents", between(0, MOST_SEED))
    truncation: float = setting(
        1.0,
        "factor on the latents; below 1, images are more typical of the category and less varied",
        Bounds(lambda value: 0 < value <= 10, "a number above 0, at most 10"),
    )
    latents: str | None = setting(None, "a latents.npz of an earlier run, to draw its images again")
    interpolations: int = setting(2, "number of strips per category, each from one image to another", between(0, 100))
    steps: int = setting(8, "images per strip", between(2, 100))
    neighbours: int = setting(
        8, "images of each category shown beside the photos nearest to them; 0: none", between(0, 100)
    )
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
