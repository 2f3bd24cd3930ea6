"""Defines the settings of a DVBPR training, their checks and the presets."""

import dataclasses
from pathlib import Path

from tf_dvbpr.networks.engine_names import AUTO, ENGINES
from tf_dvbpr.networks.imagenet_networks import ALL, BACKBONES, CNNF, is_folder
from tf_dvbpr.training.config import MOST_STEPS, PhotoTrainingConfig
from tfrecords.errors import InputError, option
from tfrecords.settings import (
    MOST_SEED,
    Bounds,
    above_zero,
    below_one,
    between,
    check_settings,
    multiple_of,
    need,
    one_of,
    setting,
    zero_or_more,
)

ACTIVATIONS = "activations"  # the folder in a data set for the outputs of frozen layers
NONE = "none"  # stands for "" on the command line
KEPT_PRESET = "preset"  # folder of a workdir with what a KerasHub preset says of its network
MOST = 65_536  # upper bound of sizes: no machine has memory for more
PRESET = one_of("fast", "paper", "release")
OWN_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0)  # the weights a that a validation compares
EPOCHS = Bounds(lambda value: 0 < value <= 1e6, "a number above 0, at most a million")


@dataclasses.dataclass(frozen=True)
class TrainConfig(PhotoTrainingConfig):
    """The settings of a DVBPR training; each field's help describes it.

    0 for ``batch_norm_epsilon``, ``network_learning_rate`` or ``user_learning_rate``, and "" for ``weights`` or
    ``freeze_through``, mean "not given".

    Raises:
        InputError: a setting is out of its bounds, or two settings contradict each other.
    """

    preset: str = setting(
        "fast",
        "paper: as published; release: like the authors' code; fast: reaches the best validation AUC soonest",
        PRESET,
    )
    backbone: str = setting(
        CNNF,
        "the network for photos: cnnf, or one trained on ImageNet, like resnet50 (docs/guides/backbones.md lists "
        "them), or the folder of a KerasHub preset, with a slash, as in ./dinov2",
        Bounds(
            lambda value: value in BACKBONES or is_folder(value),
            "one of " + ", ".join(BACKBONES) + ", or a KerasHub preset's folder, as in ./dinov2",
        ),
    )
    weights: str = setting(
        "",
        "backbone: its HDF5 weights file, with the classifier; downloaded by Keras if not given. lite0: its package's "
        ".pth file or an .npz; if not given, that of the installed package",
    )
    batch_norm_epsilon: float = setting(
        0.0, "backbone: epsilon of its BatchNormalization layers; 0: Keras' value", below_one()
    )
    freeze_through: str = setting(
        "", "backbone: the last frozen layer; all: only the new last layer is trained; none: every layer is trained"
    )
    network_learning_rate: float = setting(
        0.0, "backbone: learning rate of the layers trained on ImageNet; 0: the same as learning_rate", zero_or_more()
    )
    dim: int = setting(50, "length K of style vectors and user factors", between(1, MOST))
    item_bias: bool = setting(False, "give each item a bias b_i, which the paper does not have")
    latent_dim: int = setting(
        0,
        "length L of the latent factors g of users and items, added to the visual ones; 0: none, as in the paper",
        between(0, MOST),
    )
    item_dropout: float = setting(
        1.0,
        "item_bias, latent_dim: share of the positives that train the photos' scores and the own terms separately",
        Bounds(lambda value: 0 <= value <= 1, "a share from 0 to 1"),
    )
    own_weight: float = setting(
        0.0,
        "item_bias, latent_dim: weight of b and g relative to the photos' scores; 0: each validation picks the weight "
        "that ranks all and cold items best",
        zero_or_more(),
    )
    own_learning_rate: float = setting(
        0.0, "item_bias, latent_dim: learning rate of b and g; 0: the same as for the user factors", zero_or_more()
    )
    latent_penalty: float = setting(
        0.1, "latent_dim: weight of the L2 penalty on g of the batch's users and items", zero_or_more()
    )
    bias_penalty: float = setting(0.1, "item_bias: weight of the L2 penalty on b of the batch's items", zero_or_more())
    image_size: int = setting(
        224,
        "side of the network's input in pixels; CNN-F: a multiple of 32; other backbones have their own default",
        between(32, 1024),
    )
    conv1_padding: str = setting("same", "padding of the first convolution", one_of("same", "valid"))
    negatives: str = setting(
        "one", "one: a negative for each positive; shared: some negatives for the whole batch", one_of("one", "shared")
    )
    batch_size: int = setting(128, "positives per step, over all replicas", between(1, MOST))
    shared_negatives: int = setting(
        32, f"negatives per step, shared by the batch's users ({option('negatives', 'shared')})", between(1, MOST)
    )
    epochs: float = setting(20.0, "epochs; one draws as many positives as there are training purchases", EPOCHS)
    max_photos: int = setting(
        0, "number of photos through the network after which training stops, rounded down to whole steps; 0: no limit"
    )
    optimizer: str = setting(
        "adam",
        "adam; lazy_adam: updates only the batch's user factors; adamw: decoupled weight decay",
        one_of("adam", "lazy_adam", "adamw"),
    )
    learning_rate: float = setting(1e-4, "learning rate after the warm-up", above_zero())
    user_learning_rate: float = setting(
        0.0, "learning rate of the user factors; 0: the same as learning_rate", zero_or_more()
    )
    warmup_steps: int = setting(0, "steps over which the learning rate rises linearly from 0", between(0, MOST_STEPS))
    decay: str = setting("none", "decay of the learning rate; cosine ends at 0", one_of("none", "cosine"))
    weight_decay: float = setting(
        1e-3,
        "weight of the L2 penalty on the network's weight matrices; with adamw: their decoupled decay",
        zero_or_more(),
    )
    init: str = setting(
        "glorot", "initial weights of the network: Glorot, or Glorot scaled to the photos", one_of("glorot", "photos")
    )
    user_penalty: float = setting(1.0, "weight of the L2 penalty on the batch's user factors", zero_or_more())
    dropout: float = setting(
        0.5, "dropout rate after fc6 and fc7; for other backbones, before the last layer", below_one()
    )
    flip: bool = setting(False, "mirror each training photo with probability 1/2")
    shift: float = setting(
        0.0,
        "largest shift of a training photo in each direction, as a share of its side; white fills the gap",
        Bounds(lambda value: 0 <= value <= 0.5, "a share from 0 to 0.5"),
    )
    average: float = setting(
        0.0, "decay of a moving average of the weights, which is evaluated and saved; 0: no average", below_one()
    )
    seed: int = setting(0, "seed of weights, triplets, dropout and augmentation", between(0, MOST_SEED))
    eval_every: int = setting(0, "steps between validations; 0: one per epoch", between(0, MOST_STEPS))
    engine: str = setting(
        AUTO,
        "what computes the activations of frozen layers in float32: tensorflow, openvino (extra openvino), or auto, "
        "which takes OpenVINO where it is installed and there is no GPU",
        one_of(*ENGINES),
    )
    patience: int = setting(
        0, "validations without improvement after which training stops; 0: never", between(0, MOST_STEPS)
    )
    strategy: str = setting(
        "one_device",
        "tf.distribute strategy; multi_worker reads TF_CONFIG",
        one_of("one_device", "mirrored", "multi_worker"),
    )

    def __post_init__(self) -> None:
        if self.backbone == CNNF:
            sides = multiple_of(32, 1024, ", as in 64 or 224")
            need(self, sides.holds(self.image_size), "image_size", sides.expected)
        check_settings(self)
        step = self.photos_per_step
        enough = self.max_photos == 0 or self.max_photos >= step
        need(self, enough, "max_photos", f"0, or at least the {step} of one step")
        if self.freeze_through and self.shift:
            raise InputError(
                f"{option('shift', self.shift)} and {option('freeze_through', self.freeze_through)} contradict each "
                f"other: what is frozen is computed once, of the photos as they are. Leave {option('shift')} out, or "
                f"train all of it with {option('freeze_through', NONE)}"
            )
        if self.photo_store == "device" and self.strategy != "one_device":
            raise InputError(
                f"{option('photo_store', 'device')} needs {option('strategy', 'one_device')}, got "
                f"{option('strategy', self.strategy)}"
            )

    @property
    def backbone_name(self) -> str:
        """Returns the backbone's name; of a preset, its folder's without the way to it."""
        return Path(self.backbone).resolve().name if is_folder(self.backbone) else self.backbone

    @property
    def has_own_terms(self) -> bool:
        """Returns whether users and items have own terms (b_i or g) besides the visual ones."""
        return self.item_bias or self.latent_dim > 0

    @property
    def photos_per_step(self) -> int:
        """Returns the number of photos per step: 2 B with one negative per positive, B + N with N shared negatives."""
        if self.negatives == "one":
            return 2 * self.batch_size
        return self.batch_size + self.shared_negatives

    def steps_per_epoch(self, purchases: int) -> int:
        """Returns the steps of an epoch, which draws as many positives as there are training purchases."""
        return max(1, -(-purchases // self.batch_size))

    def total_steps(self, purchases: int) -> int:
        """Returns the steps of the whole training, for a number of training purchases."""
        steps = max(1, round(self.epochs * self.steps_per_epoch(purchases)))
        if self.max_photos:
            steps = min(steps, self.max_photos // self.photos_per_step)
        return steps


# The settings of each preset; a given flag overrides its preset. What the paper omits, `paper` takes from the release.
PRESETS: dict[str, dict[str, object]] = {
    "paper": {"dim": 50, "conv1_padding": "valid"},
    "release": {"dim": 100},
    "fast": {
        "image_size": 64,
        "negatives": "shared",
        "user_learning_rate": 1e-2,
        "init": "photos",
        "user_penalty": 0.1,
        "flip": True,
        "average": 0.995,
    },
}

# Further settings of `fast` for a pretrained backbone. If all of it is frozen, network_learning_rate has no effect.
FAST_ON_BACKBONE: dict[str, object] = {
    "flip": False,  # It doubles the passes through the frozen layers, and brings nothing.
    "freeze_through": ALL,
    "learning_rate": 1e-3,
    "network_learning_rate": 3e-5,
    "dropout": 0.0,
    "weight_decay": 0.1,
    "user_penalty": 1.0,
    "epochs": 60.0,
    "latent_dim": 50,
}
