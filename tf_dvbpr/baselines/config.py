"""The settings of a baseline, which model listens to which, and their checks."""

import dataclasses

from tf_dvbpr.training.config import RunConfig
from tfrecords.errors import InputError, option
from tfrecords.settings import (
    MOST_SEED,
    above_zero,
    between,
    check_settings,
    one_of,
    required,
    setting,
    zero_or_more,
)

_LOOP = ("batch_size", "epochs", "eval_every", "learning_rate", "patience", "sampling", "seed")
_FACTORS = ("dim", "regularisation", *_LOOP)
_BIASED = ("bias_regularisation",)
_TASTES = ("visual_regularisation",)
_VISUAL = ("features", "feature_scaling", "projection_regularisation", "projection_learning_rate", *_FACTORS)
# Which settings each model listens to; any other that is given contradicts it.
SETTINGS: dict[str, tuple[str, ...]] = {
    "rand": ("seed",),
    "poprank": (),
    "warp": ("candidates", *_FACTORS),
    "bpr_mf": _FACTORS,
    "visrank": ("features", "distance"),
    "fm": (*_BIASED, *_VISUAL),
    "vbpr": (*_BIASED, *_TASTES, *_VISUAL),
    "deepstyle": (*_TASTES, *_VISUAL),
    "amr": ("adversarial_weight", "adversarial_epsilon", *_BIASED, *_TASTES, *_VISUAL),
}
MODELS = tuple(SETTINGS)
TRAINED = tuple(model for model, settings in SETTINGS.items() if "epochs" in settings)  # the others are computed
# What is taken where it is not given. Runs of before this choice have None: the mean length, one rate for all.
_SCALED: dict[str, object] = {
    "feature_scaling": "components",
    "projection_learning_rate": 1e-3,
    "visual_regularisation": 1.0,
    "bias_regularisation": 3.0,
}
_MOST = 65_536
_MOST_EPOCHS = 10**6
VISUAL = tuple(model for model, settings in SETTINGS.items() if "features" in settings)


@dataclasses.dataclass(frozen=True)
class BaselineConfig(RunConfig):
    """What decides the result of a baseline; each field's help says what it is."""

    model: str = required("which system", one_of(*MODELS))
    features: str | None = setting(None, "name of the item features; the only ones if not given")
    dim: int = setting(50, "length of the latent factors; VBPR has as many visual ones besides", between(1, _MOST))
    regularisation: float = setting(
        0.1, "weight of the penalty on the users' and items' weights of each triplet", zero_or_more()
    )
    visual_regularisation: float | None = setting(
        None, "vbpr, deepstyle, amr: the same on the users' tastes t_u; 1 if not given", zero_or_more()
    )
    bias_regularisation: float | None = setting(
        None, "fm, vbpr, amr: the same on the items' biases; 3 if not given", zero_or_more()
    )
    projection_regularisation: float = setting(
        0.0, "weight of the penalty on the projection of the features, for each triplet", zero_or_more()
    )
    feature_scaling: str | None = setting(
        None,
        "of what the projection sees: all by their mean length; centred and each item's of length 1 (unit), or of that "
        "the 256 leading components, or each feature of one variance; components if not given",
        one_of("length", "unit", "components", "variance"),
    )
    projection_learning_rate: float | None = setting(
        None, "of the projection of the features; .001 if not given", above_zero()
    )
    adversarial_weight: float = setting(1.0, "amr: weight of the loss on disturbed features", zero_or_more())
    adversarial_epsilon: float = setting(
        0.1, "amr: length of the disturbance of an item's scaled features", zero_or_more()
    )
    learning_rate: float = setting(1e-2, "of Adam", above_zero())
    batch_size: int = setting(16384, "triplets a step", between(1, 2**20))
    epochs: int = setting(
        1000, "at most; an epoch draws as many triplets as there are training purchases", between(1, _MOST_EPOCHS)
    )
    eval_every: int = setting(10, "epochs between validations", between(1, _MOST_EPOCHS))
    patience: int = setting(
        10, "stop after this many validations without a better one; 0: never", between(0, MOST_SEED)
    )
    sampling: str = setting(
        "purchases",
        "what positives are drawn uniformly over; users: then over each one's items",
        one_of("purchases", "users"),
    )
    candidates: int = setting(10, "warp: negatives tried for each positive", between(1, _MOST))
    distance: str = setting("euclidean", "of visrank", one_of("euclidean", "cosine"))
    seed: int = setting(0, "of weights and triplets, and of RAND's order", between(0, MOST_SEED))

    def __post_init__(self) -> None:
        check_settings(self)

    def steps_per_epoch(self, purchases: int) -> int:
        """Steps that draw as many triplets as there are training purchases."""
        return max(1, -(-purchases // self.batch_size))


def resolve(dataset: str, workdir: str, model: str, given: dict[str, object]) -> BaselineConfig:
    """The config of a model with the settings given. Raises InputError for a setting that the model does not have."""
    own = {name: value for name, value in _SCALED.items() if name in SETTINGS.get(model, ())}
    config = BaselineConfig(dataset, workdir, model, **{**own, **given})
    for name in given:
        if name not in SETTINGS[model]:
            listed = ", ".join(option(setting) for setting in SETTINGS[model])
            raise InputError(
                f"{option(name, given[name])} has no effect with {option('model', model)}"
                + (f", which has {listed}" if listed else ", which has no settings")
                + ": leave it out"
            )
    return config
