"""The settings of a baseline, which model listens to which, and their checks."""

import dataclasses

from tf_dvbpr.baselines.visrank import DISTANCES
from tf_dvbpr.config_checks import need, need_between, need_one_of
from tfrecords.errors import InputError

_LOOP = ("batch_size", "epochs", "eval_every", "learning_rate", "patience", "sampling", "seed")
_FACTORS = ("dim", "regularisation", *_LOOP)
_VISUAL = ("features", "projection_regularisation", *_FACTORS)
SAMPLINGS = ("purchases", "users")
# Which settings each model listens to; any other that is given contradicts it.
SETTINGS: dict[str, tuple[str, ...]] = {
    "rand": ("seed",),
    "poprank": (),
    "warp": ("candidates", *_FACTORS),
    "bpr_mf": _FACTORS,
    "visrank": ("features", "distance"),
    "fm": _VISUAL,
    "vbpr": _VISUAL,
}
MODELS = tuple(SETTINGS)
TRAINED = tuple(model for model, settings in SETTINGS.items() if "epochs" in settings)  # the others are computed
_MOST = {"dim": 65_536, "batch_size": 2**20, "epochs": 10**6, "eval_every": 10**6, "candidates": 65_536}
VISUAL = tuple(model for model, settings in SETTINGS.items() if "features" in settings)


@dataclasses.dataclass(frozen=True)
class BaselineConfig:
    """What decides the result of a baseline.

    Attributes:
        dataset: folder that tools.build_dataset left.
        workdir: folder of this run.
        model: one of `MODELS`.
        features: name of the item features (`tfrecords.features.store`); None: the only ones there are.
        dim: length of the latent factors; VBPR has as many visual ones besides.
        regularisation: lambda of ``lambda * l2_loss`` of the users' and items' weights gathered for each triplet.
        projection_regularisation: the same of the projection of the features, for each triplet.
        learning_rate: of Adam.
        batch_size: triplets a step.
        epochs: at most; an epoch is as many triplets as there are training purchases.
        eval_every: epochs between validations.
        patience: stop after this many validations without a better one; 0: never.
        sampling: positives uniform over the ``purchases``, or over the ``users`` and then each one's items.
        candidates: negatives that WARP tries for each positive.
        distance: of VisRank, ``euclidean`` or ``cosine``.
        seed: of weights and triplets, and of RAND's order.
    """

    dataset: str
    workdir: str
    model: str
    features: str | None = None
    dim: int = 50
    regularisation: float = 0.1
    projection_regularisation: float = 0.0
    learning_rate: float = 1e-2
    batch_size: int = 16384
    epochs: int = 1000
    eval_every: int = 10
    patience: int = 10
    sampling: str = "purchases"
    candidates: int = 10
    distance: str = "euclidean"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (("model", MODELS), ("distance", DISTANCES), ("sampling", SAMPLINGS)):
            need_one_of(self, name, allowed)
        for name, most in _MOST.items():
            need_between(self, name, 1, most)
        for name in ("regularisation", "projection_regularisation"):
            need(self, 0 <= getattr(self, name) < float("inf"), name, "0 or more")
        need(self, 0 < self.learning_rate < float("inf"), "learning_rate", "a number above 0")
        for name in ("patience", "seed"):
            need_between(self, name, 0, 2**31 - 1)

    def steps_per_epoch(self, purchases: int) -> int:
        """Steps that draw as many triplets as there are training purchases."""
        return max(1, -(-purchases // self.batch_size))


def resolve(dataset: str, workdir: str, model: str, given: dict[str, object]) -> BaselineConfig:
    """The config of a model with the settings given. Raises InputError for a setting that the model does not have."""
    config = BaselineConfig(dataset, workdir, model, **given)
    for name in given:
        if name not in SETTINGS[model]:
            listed = ", ".join(f"--{setting}" for setting in SETTINGS[model])
            raise InputError(
                f"--{name}={given[name]} has no effect with --model={model}"
                + (f", which has {listed}" if listed else ", which has no settings")
                + ": leave it out"
            )
    return config
