"""The resolved settings of a DVBPR training, its presets and their checks."""

import dataclasses

from tf_dvbpr.config_checks import need, need_between, need_one_of
from tf_dvbpr.networks.imagenet_networks import ALL, BACKBONES, CNNF
from tfrecords.errors import InputError

NEGATIVES = ("one", "shared")
PADDINGS = ("same", "valid")
PRECISIONS = ("float32", "mixed_bfloat16")
NONE = "none"  # The word of flags for the text ''.
STRATEGIES = ("one_device", "mirrored", "multi_worker")
INITS = ("glorot", "photos")
OPTIMIZERS = ("adam", "lazy_adam", "adamw")
PHOTO_STORES = ("auto", "host", "device", "encoded")
_MOST = 65_536  # of what a layer or a step has; more fits no machine
_MOST_STEPS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """What decides the result of a training, and how it is run.

    Attributes:
        dataset: folder that tools.build_dataset left.
        workdir: folder of this run.
        preset: name of the preset the rest started from.
        dim: K, the length of style vectors and user factors.
        backbone: the network Phi, ``cnnf`` or a network of `network_names.BACKBONES` trained on ImageNet.
        weights: file of such a network's weights; "": the library's, downloaded once.
        batch_norm_epsilon: of its BatchNormalization layers; 0: the library's.
        freeze_through: name of its layer that, with all before it, stays as it is; ``all``: only the new last layer is
            trained; "": all is.
        network_learning_rate: of the layers that the weights are of; 0: as learning_rate, which the last layer has.
        image_size: side of the photos the network sees; CNN-F takes a multiple of 32.
        conv1_padding: ``same`` or ``valid``.
        negatives: ``one`` negative for each positive, or ``shared`` by the batch.
        batch_size: positives a step, over all replicas.
        shared_negatives: N, photos a step that all of the batch's users are compared with (`shared` only).
        epochs: an epoch is as many positives as there are training purchases.
        max_photos: stop when this many photos, rounded down to whole steps, went through the network; 0: no such limit.
        optimizer: ``adam``; ``lazy_adam``, which moves only the user factors of the batch; or ``adamw``, whose
            weight decay is decoupled.
        learning_rate: of the optimiser, after the warm-up.
        user_learning_rate: the same for the user factors; 0: as learning_rate.
        warmup_steps: steps over which the learning rate rises linearly from 0.
        decay: ``none`` or ``cosine`` (to 0 at the last step).
        adam_epsilon: of Adam.
        weight_decay: lambda of ``lambda * sum of l2_loss(w)`` over the weight matrices that are trained, CNN-F's eight,
            each step. With ``adamw`` no such penalty: each step takes ``learning rate * lambda * w`` off them instead.
        init: of the network: ``glorot``, or these weights fitted to the ``photos`` (`initialisation.fit_to_photos`).
        user_penalty: lambda of ``lambda * l2_loss`` of the user factors gathered for the batch.
        dropout: rate after fc6 and fc7, or before the last layer of another backbone.
        flip: mirror each training photo with probability one half.
        shift: move each training photo by up to this share of its side in both directions; white comes in.
        average: decay of the moving average of all weights that is measured and kept; 0: the weights as such.
        precision: ``float32`` or ``mixed_bfloat16``.
        seed: of weights, triplets, dropout and augmentation.
        eval_every: steps between validations; 0: once an epoch.
        checkpoint_every: steps between checkpoints besides those at each validation; 0: none.
        patience: stop after this many validations without a better one; 0: never.
        strategy: ``one_device``, ``mirrored`` or ``multi_worker`` (cluster from TF_CONFIG).
        photo_store: where the photos are kept: decoded on the ``host`` or ``device``, or ``encoded``.
    """

    dataset: str
    workdir: str
    preset: str = "fast"
    backbone: str = CNNF
    weights: str = ""
    batch_norm_epsilon: float = 0.0
    freeze_through: str = ""
    network_learning_rate: float = 0.0
    dim: int = 50
    image_size: int = 224
    conv1_padding: str = "same"
    negatives: str = "one"
    batch_size: int = 128
    shared_negatives: int = 32
    epochs: float = 20.0
    max_photos: int = 0
    optimizer: str = "adam"
    learning_rate: float = 1e-4
    user_learning_rate: float = 0.0
    warmup_steps: int = 0
    decay: str = "none"
    adam_epsilon: float = 1e-8
    weight_decay: float = 1e-3
    init: str = "glorot"
    user_penalty: float = 1.0
    dropout: float = 0.5
    flip: bool = False
    shift: float = 0.0
    average: float = 0.0
    precision: str = "float32"
    seed: int = 0
    eval_every: int = 0
    checkpoint_every: int = 0
    patience: int = 0
    strategy: str = "one_device"
    photo_store: str = "auto"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("negatives", NEGATIVES),
            ("conv1_padding", PADDINGS),
            ("precision", PRECISIONS),
            ("strategy", STRATEGIES),
            ("photo_store", PHOTO_STORES),
            ("optimizer", OPTIMIZERS),
            ("decay", ("none", "cosine")),
            ("init", INITS),
            ("backbone", BACKBONES),
        ):
            need_one_of(self, name, allowed)
        if self.backbone == CNNF:
            sides = range(32, 1025, 32)
            need(self, self.image_size in sides, "image_size", "a multiple of 32 up to 1024, as in 64 or 224")
        need_between(self, "image_size", 32, 1024)
        need(self, 0 <= self.batch_norm_epsilon < 1, "batch_norm_epsilon", "from 0 up to but not including 1")
        for name in ("dim", "batch_size", "shared_negatives"):
            need_between(self, name, 1, _MOST)
        for name in ("learning_rate", "adam_epsilon"):
            need(self, 0 < getattr(self, name) < float("inf"), name, "a number above 0")
        need(self, 0 < self.epochs <= 1e6, "epochs", "a number above 0, at most a million")
        for name in ("user_learning_rate", "network_learning_rate", "weight_decay", "user_penalty"):
            need(self, 0 <= getattr(self, name) < float("inf"), name, "0 or more, and finite")
        for name in ("warmup_steps", "eval_every", "checkpoint_every", "patience"):
            need_between(self, name, 0, _MOST_STEPS)
        step = self.photos_per_step
        enough = self.max_photos == 0 or self.max_photos >= step
        need(self, enough, "max_photos", f"0, or at least the {step} of one step")
        need(self, 0 <= self.shift <= 0.5, "shift", "a share from 0 to 0.5")
        for name in ("dropout", "average"):
            need(self, 0 <= getattr(self, name) < 1, name, "from 0 up to but not including 1")
        need_between(self, "seed", 0, 2**31 - 1)
        if self.freeze_through and self.shift:
            raise InputError(
                f"--shift={self.shift} and --freeze_through={self.freeze_through} contradict each other: what is "
                "frozen is computed once, of the photos as they are. Leave --shift out, or train all of it with "
                f"--freeze_through={NONE}"
            )
        if self.photo_store == "device" and self.strategy != "one_device":
            raise InputError(f"--photo_store=device needs --strategy=one_device, got --strategy={self.strategy}")

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
}
