"""The flags that say how the best latents are searched, shared by the tools that design."""

from absl import flags

from tfrecords.errors import InputError

from . import optional_flags

PRESETS = ("fast", "paper", "release")
_INTEGERS = {
    "starts": "latents that are optimised for each design asked for",
    "candidates": "latents drawn first, of which the best are the starts; 0: the starts alone",
    "steps": "of Adam",
    "batch_size": "latents that go through the networks together: lower it where memory is short",
    "seed": "of starts and choice",
}
_FLOATS = {
    "eta": "weight of looking real against being liked",
    "learning_rate": "of Adam",
    "start_deviation": "of the normal starts of --latent_form=free",
}
_CHOICES = {
    "latent_form": (
        ["auto", "tanh", "free", "sphere"],
        "z = tanh z', in a box, or free; auto: as the GAN's latents were drawn",
    ),
    "choice": (["top_k", "softmax"], "which of the optimised images to take: the best, or drawn by equation 11"),
    "precision": (["float32", "mixed_bfloat16"], "of the networks' arithmetic"),
}
_SETTINGS = {"integer": _INTEGERS, "float": _FLOATS, "enum": _CHOICES}
_OF_SEVERAL = ("starts", "candidates", "choice")


def define(values: flags.FlagValues, several_starts: bool = True) -> None:
    """Adds --preset and all that it sets to a tool's flags; what needs several starts only where there are some."""
    flags.DEFINE_enum(
        "preset",
        "fast",
        list(PRESETS),
        "paper: as published; release: as the authors' code; fast: the best designs soonest",
        flag_values=values,
    )
    left_out = () if several_starts else _OF_SEVERAL
    for kind, helps in _SETTINGS.items():
        optional_flags.define(values, **{kind: {name: told for name, told in helps.items() if name not in left_out}})


def config(values: flags.FlagValues, **defaults: object) -> object:
    """The `AscentConfig` of these flags; `defaults` stand in place of the preset's where no flag is given."""
    from gan.search.config import resolve

    given = optional_flags.given(values, (*_INTEGERS, *_FLOATS, *_CHOICES))
    return resolve(values.preset, {**defaults, **given})


def numbers(texts: list[str], name: str) -> tuple[float, ...]:
    """A flag's comma-separated numbers. Raises InputError for what is no number."""
    try:
        return tuple(float(text) for text in texts)
    except ValueError:
        raise InputError(f"--{name}={','.join(texts)}: numbers with commas between expected") from None
