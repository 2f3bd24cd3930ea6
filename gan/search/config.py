"""The settings of a design and its presets."""

import dataclasses

from gan.search.choice import CHOICES
from gan.search.latent_form import FORMS
from tf_dvbpr.config_checks import need, need_between, need_one_of
from tf_dvbpr.dvbpr.config import PRECISIONS
from tfrecords.errors import InputError

AUTO = "auto"
_MOST = 1_000_000


@dataclasses.dataclass(frozen=True)
class AscentConfig:
    """How the best latents are searched.

    Attributes:
        preset: name of the preset the rest started from.
        starts: m, random starts of a query, all of which are optimised.
        candidates: latents drawn for a query, of which the `starts` best by their objective are optimised; 0: no more
            are drawn than optimised.
        steps: of Adam.
        learning_rate: of Adam, on z'.
        eta: weight of the realness term (eqs. 9 and 10); 0 leaves it out.
        latent_form: ``tanh`` (z = tanh z', starts uniform in (-1, 1)), ``free`` (z = z', starts normal), ``sphere``
            (z = sqrt(Z) z' / |z'|, starts uniform on it), or ``auto``: tanh where the generator was trained on uniform
            latents, sphere where on normal ones.
        start_deviation: of ``free`` starts.
        choice: ``top_k`` or ``softmax`` (eq. 11): which of the optimised images are shown.
        precision: of the networks' arithmetic: ``float32`` or ``mixed_bfloat16``.
        batch_size: latents that go through the networks together: bounds the memory, not the result.
        seed: of starts and choice.
    """

    preset: str = "fast"
    starts: int = 64
    candidates: int = 0
    steps: int = 50
    learning_rate: float = 0.05
    eta: float = 1.0
    latent_form: str = "tanh"
    start_deviation: float = 1.0
    choice: str = "top_k"
    precision: str = "float32"
    batch_size: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (
            ("latent_form", (*FORMS, AUTO)),
            ("choice", CHOICES),
            ("precision", PRECISIONS),
        ):
            need_one_of(self, name, allowed)
        need_between(self, "starts", 1, _MOST)
        need_between(self, "steps", 1, _MOST)
        need_between(self, "batch_size", 1, _MOST)
        need_between(self, "seed", 0, 2**31 - 1)
        fits = self.candidates == 0 or self.starts <= self.candidates <= _MOST
        need(self, fits, "candidates", f"0, or from --starts={self.starts} to a million")
        need(self, 0 < self.learning_rate < float("inf"), "learning_rate", "a number above 0")
        need(self, 0 <= self.eta < float("inf"), "eta", "a number of at least 0")
        need(self, 0 < self.start_deviation < float("inf"), "start_deviation", "a number above 0")


# `paper` and `release` take Adam and its rate from the authors' code; the paper names neither.
PRESETS: dict[str, dict[str, object]] = {
    "paper": {"starts": 64, "steps": 50, "latent_form": "tanh"},
    "release": {"starts": 16, "steps": 10, "latent_form": "free", "start_deviation": 0.5},
    "fast": {"starts": 8, "candidates": 512, "steps": 40, "learning_rate": 0.1, "latent_form": AUTO},
}

# A tailoring takes small steps, which can be followed by eye, whatever the preset.
TAILORING = {"steps": 50, "learning_rate": 0.05}


def resolve(preset: str, given: dict[str, object]) -> AscentConfig:
    """The config of a preset with the settings given in its place.

    More starts than the preset draws candidates are drawn alone. Raises InputError for a setting that the others leave
    without effect.
    """
    settings = {**PRESETS[preset], **given}
    if "candidates" not in given and settings.get("candidates", 0) < settings["starts"]:
        settings["candidates"] = 0
    config = AscentConfig(preset=preset, **settings)
    if "start_deviation" in given and config.latent_form != "free":
        raise InputError(
            f"--start_deviation={config.start_deviation} has no effect with --latent_form={config.latent_form}: leave "
            "it out, or give --latent_form=free"
        )
    return config
