"""Defines the flags of the search for the best latents, for the tools that design."""

from absl import flags

from gan.search.config import AscentConfig, resolve
from tfrecords.errors import InputError

from . import setting_flags

_OF_SEVERAL = ("starts", "candidates", "choice")


def define(values: flags.FlagValues, several_starts: bool = True) -> None:
    """Adds --preset and its settings to a tool's flags; settings about several starts only if there are several."""
    left_out = () if several_starts else _OF_SEVERAL
    setting_flags.define(values, AscentConfig, left_out, defaults_of_preset=True)


def config(values: flags.FlagValues, **defaults: object) -> AscentConfig:
    """Returns the `AscentConfig` of these flags; without a flag, a value of `defaults` overrides the preset's."""
    given = setting_flags.given(values, AscentConfig)
    return resolve(given.pop("preset", AscentConfig.preset), {**defaults, **given})


def numbers(texts: list[str], name: str) -> tuple[float, ...]:
    """Returns a flag's comma-separated numbers. Raises InputError for text that is not a number."""
    try:
        return tuple(float(text) for text in texts)
    except ValueError:
        raise InputError(f"--{name}={','.join(texts)}: numbers with commas between expected") from None
