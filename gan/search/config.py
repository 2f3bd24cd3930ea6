"""The settings of a design and its presets."""

import dataclasses

from tf_dvbpr.dvbpr.config import PRESET
from tf_dvbpr.training.config import PRECISIONS
from tfrecords.errors import InputError, option
from tfrecords.settings import (
    MOST_SEED,
    above_zero,
    between,
    check_settings,
    need,
    one_of,
    setting,
    zero_or_more,
)

AUTO = "auto"
FORMS = ("tanh", "free", "sphere")
CHOICES = ("top_k", "softmax")
GROUPS = ("mean", "minimum")
MOST = 1_000_000


@dataclasses.dataclass(frozen=True)
class AscentConfig:
    """The settings of the search for the best latents; each field's help describes it.

    The forms of a latent: ``tanh`` (z = tanh z', starts uniform in (-1, 1)), ``free`` (z = z', starts normal),
    ``sphere`` (z = sqrt(Z) z' / |z'|, starts uniform on it), or ``auto``: tanh if the generator was trained on uniform
    latents, sphere if it was trained on normal latents.
    """

    preset: str = setting(
        "fast",
        "paper: as published; release: as the authors' code; fast: the best designs in the least time",
        PRESET,
    )
    starts: int = setting(64, "number of latents that are optimised for each design", between(1, MOST))
    candidates: int = setting(
        0, "number of latents drawn, of which the best are the starts; 0: only the starts are drawn"
    )
    steps: int = setting(50, "number of Adam's steps", between(1, MOST))
    learning_rate: float = setting(0.05, "learning rate of Adam, which moves z'", above_zero())
    eta: float = setting(1.0, "weight of the penalty for not looking like a photo (equations 9 and 10)", zero_or_more())
    latent_form: str = setting(
        "tanh",
        "how z is computed from the optimised z': tanh (in a box), free, sphere; auto: by the GAN's latents",
        one_of(AUTO, *FORMS),
    )
    start_deviation: float = setting(
        1.0, f"standard deviation of the starts with {option('latent_form', 'free')}", above_zero()
    )
    choice: str = setting(
        "top_k",
        "how to choose among the optimised images: top_k: the best; softmax: at random, by equation 11",
        one_of(*CHOICES),
    )
    precision: str = setting("float32", "precision of the networks", one_of(*PRECISIONS))
    batch_size: int = setting(
        64, "number of latents that go through the networks together; lower it if memory is short", between(1, MOST)
    )
    seed: int = setting(0, "seed of the starts and the choice", between(0, MOST_SEED))

    def __post_init__(self) -> None:
        check_settings(self)
        fits = self.candidates == 0 or self.starts <= self.candidates <= MOST
        need(self, fits, "candidates", f"0, or from {option('starts', self.starts)} to a million")


@dataclasses.dataclass(frozen=True)
class InversionConfig:
    """The settings of the search for a photo's latent; each field's help describes it."""

    invert_starts: int = setting(
        8, "number of latents that are optimised to look like the garment; the nearest is kept", between(1, MOST)
    )
    invert_candidates: int = setting(
        256, "number of latents drawn, of which those nearest to the garment are optimised", between(1, MOST)
    )
    invert_steps: int = setting(200, "number of Adam's steps for the inversion", between(1, MOST))
    invert_rate: float = setting(0.1, "learning rate of Adam for the inversion", above_zero())

    def __post_init__(self) -> None:
        check_settings(self)
        enough = self.invert_candidates >= self.invert_starts
        need(self, enough, "invert_candidates", f"from {self.invert_starts} to {MOST}")


# The paper names neither optimiser nor rate; `paper` and `release` take Adam and its rate from the authors' code.
PRESETS: dict[str, dict[str, object]] = {
    "paper": {"starts": 64, "steps": 50, "latent_form": "tanh"},
    "release": {"starts": 16, "steps": 10, "latent_form": "free", "start_deviation": 0.5},
    "fast": {"starts": 8, "candidates": 512, "steps": 40, "learning_rate": 0.1, "latent_form": AUTO},
}

# A tailoring takes steps small enough to follow, whatever the preset.
TAILORING = {"steps": 50, "learning_rate": 0.05}


def resolve(preset: str, given: dict[str, object]) -> AscentConfig:
    """Returns the config of a preset, with the given settings replacing the preset's.

    If there are more starts than the preset's candidates, no candidates are drawn. Raises InputError for a setting that
    has no effect.
    """
    settings = {**PRESETS[preset], **given}
    if "candidates" not in given and settings.get("candidates", 0) < settings["starts"]:
        settings["candidates"] = 0
    config = AscentConfig(preset=preset, **settings)
    if "start_deviation" in given and config.latent_form != "free":
        raise InputError(
            f"{option('start_deviation', config.start_deviation)} has no effect with "
            f"{option('latent_form', config.latent_form)}: leave it out, or give {option('latent_form', 'free')}"
        )
    return config
