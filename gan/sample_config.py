"""What tools.sample_gan is asked for."""

import dataclasses

from tfrecords.errors import InputError

_MOST = 100_000


@dataclasses.dataclass(frozen=True)
class SampleConfig:
    """Which images to draw, and into what.

    Attributes:
        workdir: a run of tools.train_gan.
        output: folder for the pictures and latents.npz.
        categories: names; () for all.
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
        def need(holds: bool, name: str, expected: str) -> None:
            if not holds:
                raise InputError(f"--{name}={getattr(self, name)}: expected {expected}")

        need(1 <= self.count <= _MOST, "count", f"from 1 to {_MOST}")
        need(0 <= self.seed < 2**31, "seed", "from 0 to 2147483647")
        need(0 < self.truncation <= 10, "truncation", "a number above 0, at most 10")
        need(0 <= self.interpolations <= 100, "interpolations", "from 0 to 100")
        need(2 <= self.steps <= 100, "steps", "from 2 to 100")
        need(0 <= self.neighbours <= 100, "neighbours", "from 0 to 100")
