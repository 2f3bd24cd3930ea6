"""Defines the settings of a GAN training, their checks and the presets."""

import dataclasses

from gan.judge_config import JudgeConfig
from tf_dvbpr.dvbpr.config import EPOCHS, MOST, NONE, PRESET
from tf_dvbpr.training.config import MOST_STEPS, PhotoTrainingConfig
from tfrecords.errors import option
from tfrecords.settings import (
    MOST_SEED,
    Bounds,
    above_zero,
    below_one,
    between,
    check_settings,
    need,
    one_of,
    setting,
    zero_or_more,
)

IMAGE_SIZES = (32, 64, 128, 256)
AUGMENTATIONS = ("colour", "cutout", "translation")
DECONVOLUTION, UPSAMPLING = "deconvolution", "upsampling"
NO_EYES, LITE0, RECOMMENDER = "none", "lite0", "recommender"
LEAST_SQUARES, HINGE = "least_squares", "hinge"


def _known(augment: str) -> bool:
    return not augment or set(augment.split(",")) <= set(AUGMENTATIONS)


@dataclasses.dataclass(frozen=True)
class GanConfig(JudgeConfig, PhotoTrainingConfig):
    """The settings of a GAN training; each field's help describes it.

    Raises:
        InputError: a setting is out of its bounds, or two settings contradict each other.
    """

    preset: str = setting(
        "fast",
        "paper: as published; release: like the authors' code; fast: reaches the best images soonest",
        PRESET,
    )
    image_size: int = setting(64, "side of the images: 32, 64, 128 or 256", one_of(*IMAGE_SIZES))
    latent_dim: int = setting(256, "length Z of the latents", between(1, MOST))
    latent_distribution: str = setting(
        "normal", "distribution of the latents; normal: N(0, 1); uniform: U(-1, 1)", one_of("normal", "uniform")
    )
    generator: str = setting(
        DECONVOLUTION,
        "deconvolution: the authors' transposed convolutions; upsampling: upsampling and convolutions, with the latent "
        "at every resolution",
        one_of(DECONVOLUTION, UPSAMPLING),
    )
    generator_width: int = setting(256, "channels of the generator's first feature maps", between(1, MOST))
    upsampling_kernel: int = setting(3, "side of the generator's kernels of stride 2: 3 or 4", one_of(3, 4))
    discriminator_width: int = setting(64, "channels of the discriminator's first feature maps", between(1, MOST))
    discriminator_norm: str = setting(
        "batch", "normalisation of the discriminator's inner layers", one_of("batch", "spectral", "both", "none")
    )
    eyes: str = setting(
        NO_EYES,
        "frozen network that the discriminator looks through: EfficientNet-Lite0 trained on ImageNet, or the CNN-F of "
        "a trained recommender; none: it sees the pixels",
        one_of(NO_EYES, LITE0, RECOMMENDER),
    )
    eyes_weights: str | None = setting(
        None,
        "of --eyes=lite0: its package's .pth file, or an .npz of its arrays by their PyTorch names; if not given, the "
        "installed package's",
    )
    eyes_workdir: str | None = setting(None, "of --eyes=recommender: a workdir of tools.train_dvbpr, CNN-F")
    eyes_size: int = setting(
        0,
        "side that images are brought to for the eyes, a multiple of 32; 0: image_size",
        Bounds(lambda value: 0 <= value <= 512 and value % 32 == 0, "0, or a multiple of 32 up to 512"),
    )
    pixel_head: int = setting(
        0,
        "with eyes: side to which images are shrunk for a further head, which sees their pixels; 0: no such head",
        one_of(0, 8, 16, 32, 64),
    )
    adversarial_loss: str = setting(
        LEAST_SQUARES, "of both networks: the paper's least squares, or the hinge", one_of(LEAST_SQUARES, HINGE)
    )
    batch_size: int = setting(16, "photos per step, and generated images per step", between(1, MOST))
    epochs: float = setting(30.0, "epochs; one draws as many photos as there are", EPOCHS)
    max_photos: int = setting(
        0, "number of drawn photos after which training stops, rounded down to whole steps; 0: no limit"
    )
    learning_rate: float = setting(1e-4, "learning rate of the generator's Adam", above_zero())
    discriminator_learning_rate: float = setting(
        0.0, "learning rate of the discriminator's Adam; 0: the same as learning_rate", zero_or_more()
    )
    beta1: float = setting(0.5, "Adam's decay of the first moment", below_one())
    beta2: float = setting(0.99, "Adam's decay of the second moment", below_one())
    average: float = setting(
        0.0,
        "decay of a moving average of the generator's weights, which is evaluated and saved; 0: no average",
        below_one(),
    )
    augment: str = setting(
        "",
        "augmentation of the discriminator's images: some of colour, cutout, translation, separated by commas, or none",
        Bounds(_known, f"some of {','.join(AUGMENTATIONS)}, or {NONE}"),
    )
    balanced: bool = setting(False, "draw the category first, uniformly, then a photo of it")
    flip: bool = setting(False, "mirror each photo with probability 1/2")
    seed: int = setting(0, "seed of weights, photos, latents and augmentation", between(0, MOST_SEED))
    eval_every: int = setting(0, "steps between sample grids, with metrics; 0: one per epoch", between(0, MOST_STEPS))
    measure_samples: int = setting(
        1000,
        "number of images for the metrics; 0: no metrics, and the last weights are saved",
        Bounds(lambda value: value == 0 or 100 <= value <= 10**6, "0, or from 100 to a million"),
    )

    def __post_init__(self) -> None:
        check_settings(self)
        need(self, self.generator_width % 4 == 0, "generator_width", "a multiple of 4")
        enough = self.max_photos == 0 or self.max_photos >= self.batch_size
        need(self, enough, "max_photos", f"0, or at least {option('batch_size')}")
        for name, kind in (("eyes_weights", LITE0), ("eyes_workdir", RECOMMENDER)):
            need(self, self.eyes == kind or not getattr(self, name), name, f"left out without {option('eyes', kind)}")
        by_recommender = option("eyes", RECOMMENDER)
        need(self, self.eyes != RECOMMENDER or self.eyes_workdir, "eyes_workdir", f"given with {by_recommender}")
        for name in ("eyes_size", "pixel_head"):
            need(self, self.eyes != NO_EYES or not getattr(self, name), name, f"left out without {option('eyes')}")
        need(self, self.pixel_head <= self.image_size, "pixel_head", f"at most {option('image_size', self.image_size)}")
        self.check_judge()

    @property
    def augmentations(self) -> tuple[str, ...]:
        """Returns the kinds of augmentation that `augment` names; () for none."""
        return tuple(self.augment.split(",")) if self.augment else ()

    def steps_per_epoch(self, photos: int) -> int:
        """Returns the steps of an epoch, which draws as many photos as there are."""
        return max(1, -(-photos // self.batch_size))

    def total_steps(self, photos: int) -> int:
        """Returns the steps of the whole training, for a number of photos."""
        steps = max(1, round(self.epochs * self.steps_per_epoch(photos)))
        return min(steps, self.max_photos // self.batch_size) if self.max_photos else steps


# The settings of each preset; a given flag overrides its preset. What the paper omits, `paper` takes from the release.
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
        "generator": UPSAMPLING,
        "generator_width": 128,
        "upsampling_kernel": 4,
        "discriminator_width": 32,
        "discriminator_norm": "both",
        "eyes": LITE0,
        "pixel_head": 32,
        "adversarial_loss": HINGE,
        "batch_size": 32,
        "learning_rate": 2e-4,
        "beta1": 0.0,
        "average": 0.999,
        "augment": "cutout,translation",
        "balanced": True,
        "flip": True,
    },
}
# What `fast` has instead with a discriminator that sees the pixels alone.
FAST_WITHOUT_EYES: dict[str, object] = {
    "eyes": NO_EYES,
    "pixel_head": 0,
    "adversarial_loss": LEAST_SQUARES,
    "discriminator_learning_rate": 4e-4,
    "beta1": 0.5,
    "augment": "translation",
}
