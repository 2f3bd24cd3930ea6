"""The resolved settings of a GAN training, its presets and their checks."""

import dataclasses

from tf_dvbpr.config_checks import need, need_between, need_one_of
from tf_dvbpr.dvbpr.config import NONE, PHOTO_STORES, PRECISIONS
from tf_dvbpr.networks.imagenet_networks import NETWORKS

IMAGE_SIZES = (32, 64, 128, 256)
LATENTS = ("normal", "uniform")
NORMS = ("batch", "spectral", "none")
AUGMENTATIONS = ("colour", "cutout", "translation")
OWN_JUDGE = "own"
JUDGES = (OWN_JUDGE, *NETWORKS)
_MOST = 65_536  # of what a layer or a step has; more fits no machine
_MOST_STEPS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class GanConfig:
    """What decides the result of a training of the GAN, and how it is run.

    Attributes:
        dataset: folder that tools.build_dataset left.
        workdir: folder of this run.
        preset: name of the preset the rest started from.
        image_size: S, one of `IMAGE_SIZES`.
        latent_dim: Z, the length of a latent.
        latent_distribution: ``normal`` (mean 0, variance 1) or ``uniform`` in [-1, 1].
        generator_width: channels of the generator's first maps.
        upsampling_kernel: side of the generator's kernels of stride 2: 3 or 4.
        discriminator_width: channels of the discriminator's first maps.
        discriminator_norm: of its inner layers: ``batch`` or ``spectral`` normalisation, or ``none``.
        batch_size: photos a step, and as many generated images.
        epochs: an epoch draws as many photos as there are.
        max_photos: stop when this many photos, rounded down to whole steps, were drawn; 0: no such limit.
        learning_rate: of the generator's Adam.
        discriminator_learning_rate: of the discriminator's; 0: as learning_rate.
        beta1: of both, decay of the first moment.
        beta2: of both, decay of the second moment.
        adam_epsilon: of both.
        average: decay of the moving average of the generator's weights that is used and kept; 0: the weights as such.
        augment: what the discriminator's images go through, of `AUGMENTATIONS` joined by commas; '': nothing.
        balanced: draw categories uniformly and then a photo of each, instead of photos uniformly.
        flip: mirror each photo with probability one half.
        precision: ``float32`` or ``mixed_bfloat16``.
        seed: of weights, photos, latents and augmentation.
        eval_every: steps between sample grids, and the figures that choose the best weights; 0: once an epoch.
        checkpoint_every: steps between checkpoints besides those at each grid; 0: none.
        measure_samples: images that the figures are computed on; 0: there are none, and the last weights are kept.
        judge: network of the Frechet distance and the score: ``own``, a small classifier trained on the data set's
            categories, or one of `tf_dvbpr.networks.imagenet_networks.NETWORKS`.
        judge_weights: its HDF5 file; None: the library's download.
        judge_batch_norm_epsilon: see `tf_dvbpr.networks.pretrained.load_pretrained`.
        photo_store: where the photos are kept: decoded on the ``host`` or ``device``, or ``encoded``.
    """

    dataset: str
    workdir: str
    preset: str = "fast"
    image_size: int = 64
    latent_dim: int = 256
    latent_distribution: str = "normal"
    generator_width: int = 256
    upsampling_kernel: int = 3
    discriminator_width: int = 64
    discriminator_norm: str = "batch"
    batch_size: int = 16
    epochs: float = 30.0
    max_photos: int = 0
    learning_rate: float = 1e-4
    discriminator_learning_rate: float = 0.0
    beta1: float = 0.5
    beta2: float = 0.99
    adam_epsilon: float = 1e-8
    average: float = 0.0
    augment: str = ""
    balanced: bool = False
    flip: bool = False
    precision: str = "float32"
    seed: int = 0
    eval_every: int = 0
    checkpoint_every: int = 0
    measure_samples: int = 1000
    judge: str = OWN_JUDGE
    judge_weights: str | None = None
    judge_batch_norm_epsilon: float | None = None
    photo_store: str = "auto"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("image_size", IMAGE_SIZES),
            ("latent_distribution", LATENTS),
            ("upsampling_kernel", (3, 4)),
            ("discriminator_norm", NORMS),
            ("precision", PRECISIONS),
            ("judge", JUDGES),
            ("photo_store", PHOTO_STORES),
        ):
            need_one_of(self, name, allowed)
        for name in ("latent_dim", "generator_width", "discriminator_width", "batch_size"):
            need_between(self, name, 1, _MOST)
        need(self, self.generator_width % 4 == 0, "generator_width", "a multiple of 4")
        for name in ("learning_rate", "adam_epsilon"):
            need(self, 0 < getattr(self, name) < float("inf"), name, "a number above 0")
        need(self, 0 <= self.discriminator_learning_rate < float("inf"), "discriminator_learning_rate", "0 or more")
        for name in ("beta1", "beta2", "average"):
            need(self, 0 <= getattr(self, name) < 1, name, "from 0 up to but not including 1")
        known = f"some of {','.join(AUGMENTATIONS)}, or {NONE}"
        need(self, set(self.augmentations) <= set(AUGMENTATIONS), "augment", known)
        need(self, 0 < self.epochs <= 1e6, "epochs", "a number above 0, at most a million")
        for name in ("eval_every", "checkpoint_every"):
            need_between(self, name, 0, _MOST_STEPS)
        samples = self.measure_samples
        need(self, samples == 0 or 100 <= samples <= 10**6, "measure_samples", "0, or from 100 to a million")
        need(
            self,
            self.max_photos == 0 or self.max_photos >= self.batch_size,
            "max_photos",
            "0, or at least --batch_size",
        )
        need_between(self, "seed", 0, 2**31 - 1)
        epsilon = self.judge_batch_norm_epsilon
        need(self, epsilon is None or 0 < epsilon < 1, "judge_batch_norm_epsilon", "a number over 0 and under 1")
        for name in ("judge_weights", "judge_batch_norm_epsilon"):
            needless = self.judge == OWN_JUDGE and getattr(self, name) is not None
            need(self, not needless, name, "nothing with --judge=own, which is trained here")

    @property
    def augmentations(self) -> tuple[str, ...]:
        """`augment`, taken apart."""
        return tuple(self.augment.split(",")) if self.augment else ()

    def steps_per_epoch(self, photos: int) -> int:
        """Steps that draw as many photos as there are."""
        return max(1, -(-photos // self.batch_size))

    def total_steps(self, photos: int) -> int:
        """Steps of the whole run."""
        steps = max(1, round(self.epochs * self.steps_per_epoch(photos)))
        return min(steps, self.max_photos // self.batch_size) if self.max_photos else steps


# What each source fixes; every flag given overrides its preset. `paper` takes from the release what the paper omits.
PRESETS: dict[str, dict[str, object]] = {
    "paper": {
        "image_size": 128,
        "latent_dim": 100,
        "latent_distribution": "uniform",
        "batch_size": 64,
        "epochs": 25.0,
    },
    "release": {},
    "fast": {
        "generator_width": 128,
        "upsampling_kernel": 4,
        "discriminator_width": 32,
        "batch_size": 32,
        "learning_rate": 2e-4,
        "discriminator_learning_rate": 4e-4,
        "average": 0.999,
        "augment": "translation",
        "balanced": True,
        "flip": True,
    },
}
