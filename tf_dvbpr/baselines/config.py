"""Defines the settings of a baseline, which model uses which of them, and their checks."""

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
# The settings that each model uses; giving another one is an error.
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
TRAINED = tuple(
    model for model, settings in SETTINGS.items() if "epochs" in settings
)  # the other models are computed without training
# Defaults of settings that are None if not given. Runs of older versions keep None: features scaled by their mean
# length, and one rate and one regulariser for all weights.
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
    """The settings of a baseline; each field's help describes it.

    Raises:
        InputError: a setting is out of its bounds.
    """

    model: str = required("the baseline to train or compute", one_of(*MODELS))
    features: str | None = setting(
        None,
        "name of the item features, or several names with commas, which are scaled and joined; not needed if the data "
        "set has only one set of them",
    )
    dim: int = setting(
        50, "length of the latent factors; VBPR's visual factors have the same length", between(1, _MOST)
    )
    regularisation: float = setting(
        0.1, "weight of the L2 penalty on the user's and the items' weights of each triplet", zero_or_more()
    )
    visual_regularisation: float | None = setting(
        None,
        "vbpr, deepstyle, amr: weight of the L2 penalty on visual user factors t_u; 1 if not given",
        zero_or_more(),
    )
    bias_regularisation: float | None = setting(
        None, "fm, vbpr, amr: weight of the L2 penalty on the item biases; 3 if not given", zero_or_more()
    )
    projection_regularisation: float = setting(
        0.0, "weight of the L2 penalty on the projection of the features, for each triplet", zero_or_more()
    )
    feature_scaling: str | None = setting(
        None,
        "scaling of the features; length: all are divided by their mean length; unit: centred, each of length 1; "
        "components: the 256 leading principal components of unit; variance: every feature has the same variance; "
        "components if not given",
        one_of("length", "unit", "components", "variance"),
    )
    projection_learning_rate: float | None = setting(
        None, "learning rate of the projection of the features; .001 if not given", above_zero()
    )
    adversarial_weight: float = setting(1.0, "amr: weight of the adversarial loss", zero_or_more())
    adversarial_epsilon: float = setting(
        0.1, "amr: length of the adversarial change of an item's scaled features", zero_or_more()
    )
    learning_rate: float = setting(1e-2, "learning rate of Adam", above_zero())
    batch_size: int = setting(16384, "triplets per step", between(1, 2**20))
    epochs: int = setting(
        1000, "most epochs; one draws as many triplets as there are training purchases", between(1, _MOST_EPOCHS)
    )
    eval_every: int = setting(10, "epochs between validations", between(1, _MOST_EPOCHS))
    patience: int = setting(
        10, "validations without improvement after which training stops; 0: never", between(0, MOST_SEED)
    )
    sampling: str = setting(
        "purchases",
        "how positives are drawn; purchases: uniformly over all; users: first a user, then one of the user's items",
        one_of("purchases", "users"),
    )
    candidates: int = setting(10, "warp: negatives tried for each positive", between(1, _MOST))
    distance: str = setting("euclidean", "visrank: distance between features", one_of("euclidean", "cosine"))
    seed: int = setting(0, "seed of weights and triplets, or of the order of rand", between(0, MOST_SEED))

    def __post_init__(self) -> None:
        check_settings(self)

    def steps_per_epoch(self, purchases: int) -> int:
        """Returns the steps of an epoch, which draws as many triplets as there are training purchases."""
        return max(1, -(-purchases // self.batch_size))


def resolve(dataset: str, workdir: str, model: str, given: dict[str, object]) -> BaselineConfig:
    """Makes the config of a model with the given settings.

    Args:
        dataset: folder of the data set.
        workdir: folder of the run.
        model: one of `MODELS`.
        given: the settings that the user gave, by name.

    Raises:
        InputError: a setting is out of its bounds, or the model does not use it.
    """
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
