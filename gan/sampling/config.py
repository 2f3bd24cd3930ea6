"""What tools.sample_gan is asked for."""

import dataclasses

from tf_dvbpr.config_checks import need, need_between

_MOST = 100_000


@dataclasses.dataclass(frozen=True)
class SampleConfig:
    """Which images to draw, and into what.

    Attributes:
        workdir: a run of tools.train_gan.
        output: folder for the pictures and latents.npz.
        categories: names, or texts with commas between several; () for all.
        count: images of each category.
        seed: of the latents.
        truncation: factor on the latents, over 0; 1 leaves them as the training drew them.
        latents: an earlier run's latents.npz, drawn again instead of new ones; None: new ones.
        interpolations: strips of each category, from one of its images to the next but one.
        steps: images of a strip.
        neighbours: images of each category shown beside the photos nearest to them; 0: none, and the data set is not
            needed.
    """

    workdir: str
    output: str
    categories: tuple[str, ...] = ()
    count: int = 64
    seed: int = 0
    truncation: float = 1.0
    latents: str | None = None
    interpolations: int = 2
    steps: int = 8
    neighbours: int = 8

    def __post_init__(self) -> None:
        need_between(self, "count", 1, _MOST)
        need_between(self, "seed", 0, 2**31 - 1)
        need(self, 0 < self.truncation <= 10, "truncation", "a number above 0, at most 10")
        need_between(self, "interpolations", 0, 100)
        need_between(self, "steps", 2, 100)
        need_between(self, "neighbours", 0, 100)
