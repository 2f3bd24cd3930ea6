"""The resolved settings of a DVBPR training, its presets and their checks."""

import dataclasses

from tf_dvbpr.networks.imagenet_networks import ALL, BACKBONES, CNNF
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

NONE = "none"  # The word of flags for the text ''.
MOST = 65_536  # of what a layer or a step has; more fits no machine
PRESET = one_of("fast", "paper", "release")
OWN_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0)  # what is tried at a validation
EPOCHS = Bounds(lambda value: 0 < value <= 1e6, "a number above 0, at most a million")


@dataclasses.dataclass(frozen=True)
class TrainConfig(PhotoTrainingConfig):
    """What decides the result of a training, and how it is run; each field's help says what it is.

    ``batch_norm_epsilon``, ``network_learning_rate`` and ``user_learning_rate`` of 0, and ``weights`` and
    ``freeze_through`` of "", mean that nothing of the kind is given.
    """

    preset: str = setting(
        "fast",
        "paper: as published; release: as the authors' code; fast: the best validation AUC soonest",
        PRESET,
    )
    backbone: str = setting(
        CNNF,
        "the network for photos: cnnf, or one trained on ImageNet, as resnet50 (docs/guides/backbones.md lists them)",
        Bounds(lambda value: value in BACKBONES, "one of " + ", ".join(BACKBONES)),
    )
    weights: str = setting(
        "", "backbone: its HDF5 weights file, classifier included; the library's download if not given"
    )
    batch_norm_epsilon: float = setting(
        0.0, "backbone: of its BatchNormalization layers; 0: the library's", below_one()
    )
    freeze_through: str = setting(
        "", "backbone: the layer up to which it stays as it is; all: only the last is trained; none: all are"
    )
    network_learning_rate: float = setting(
        0.0, "the same for what of a backbone was trained on ImageNet; 0: as learning_rate", zero_or_more()
    )
    dim: int = setting(50, "length K of style vectors and user factors", between(1, MOST))
    item_bias: bool = setting(False, "give each item a bias b_i; the paper has none")
    latent_dim: int = setting(
        0,
        "length L of latent factors g of users and items beside the visual ones; 0: none, as in the paper",
        between(0, MOST),
    )
    item_dropout: float = setting(
        1.0,
        "item_bias, latent_dim: share of the positives by which photos and own terms learn to do without each other",
        Bounds(lambda value: 0 <= value <= 1, "a share from 0 to 1"),
    )
    own_weight: float = setting(
        0.0,
        "item_bias, latent_dim: weight of b and g beside the photos' scores; 0: what ranks all and cold items best at "
        "each validation",
        zero_or_more(),
    )
    own_learning_rate: float = setting(
        0.0, "item_bias, latent_dim: learning rate of b and g; 0: that of the user factors", zero_or_more()
    )
    latent_penalty: float = setting(
        0.1, "latent_dim: weight of the penalty on the g of the batch's users and items", zero_or_more()
    )
    bias_penalty: float = setting(0.1, "item_bias: weight of the penalty on the b of the batch's items", zero_or_more())
    image_size: int = setting(
        224,
        "side of the photos the network sees; CNN-F: a multiple of 32; other backbones: their own by default",
        between(32, 1024),
    )
    conv1_padding: str = setting("same", "of the first convolution", one_of("same", "valid"))
    negatives: str = setting(
        "one", "one negative for each positive, or some that all of the batch share", one_of("one", "shared")
    )
    batch_size: int = setting(128, "positives a step, over all replicas", between(1, MOST))
    shared_negatives: int = setting(
        32, f"negatives a step that all users of the batch share ({option('negatives', 'shared')})", between(1, MOST)
    )
    epochs: float = setting(20.0, "an epoch draws as many positives as there are training purchases", EPOCHS)
    max_photos: int = setting(
        0, "stop when this many photos, rounded down to whole steps, went through the network; 0: no such limit"
    )
    optimizer: str = setting(
        "adam",
        "lazy_adam: user factors of the batch alone; adamw: decoupled weight decay",
        one_of("adam", "lazy_adam", "adamw"),
    )
    learning_rate: float = setting(1e-4, "of the optimiser, after the warm-up", above_zero())
    user_learning_rate: float = setting(0.0, "the same for the user factors; 0: as learning_rate", zero_or_more())
    warmup_steps: int = setting(0, "steps over which the learning rate rises linearly from 0", between(0, MOST_STEPS))
    decay: str = setting("none", "of the learning rate over the run; cosine ends at 0", one_of("none", "cosine"))
    weight_decay: float = setting(
        1e-3,
        "weight of the penalty on the network's weight matrices; with adamw their decoupled decay",
        zero_or_more(),
    )
    init: str = setting("glorot", "of the network: Glorot, or Glorot fitted to the photos", one_of("glorot", "photos"))
    user_penalty: float = setting(1.0, "weight of the penalty on the user factors of the batch", zero_or_more())
    dropout: float = setting(0.5, "rate after fc6 and fc7; of other backbones before the last layer", below_one())
    flip: bool = setting(False, "mirror each training photo with probability one half")
    shift: float = setting(
        0.0,
        "move each training photo by up to this share of its side in both directions; white comes in",
        Bounds(lambda value: 0 <= value <= 0.5, "a share from 0 to 0.5"),
    )
    average: float = setting(
        0.0, "decay of a moving average of the weights, which is measured and kept; 0: no average", below_one()
    )
    seed: int = setting(0, "of weights, triplets, dropout and augmentation", between(0, MOST_SEED))
    eval_every: int = setting(0, "steps between validations; 0: once an epoch", between(0, MOST_STEPS))
    patience: int = setting(
        0, "stop after this many validations without a better one; 0: never", between(0, MOST_STEPS)
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
    def has_own_terms(self) -> bool:
        """Whether items have terms of their own beside their photos."""
        return self.item_bias or self.latent_dim > 0

    @property
    def photos_per_step(self) -> int:
        """Photos through the network a step: 2 B for `one`, P + N for `shared`."""
        if self.negatives == "one":
            return 2 * self.batch_size
        return self.batch_size + self.shared_negatives

    def steps_per_epoch(self, purchases: int) -> int:
        """Steps that draw as many positives as there are training purchases."""
        return max(1, -(-purchases // self.batch_size))

    def total_steps(self, purchases: int) -> int:
        """Steps of the whole run."""
        steps = max(1, round(self.epochs * self.steps_per_epoch(purchases)))
        if self.max_photos:
            steps = min(steps, self.max_photos // self.photos_per_step)
        return steps


# What each source fixes; every flag given overrides its preset. `paper` takes from the release what the paper omits.
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

# What `fast` takes besides with a network that came with weights. Its rate says nothing where all of it is frozen.
FAST_ON_BACKBONE: dict[str, object] = {
    "freeze_through": ALL,
    "learning_rate": 1e-3,
    "network_learning_rate": 3e-5,
    "dropout": 0.0,
    "weight_decay": 0.1,
    "user_penalty": 1.0,
    "epochs": 60.0,
    "latent_dim": 50,
}
