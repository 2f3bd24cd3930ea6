"""Settings: each is one field of a frozen dataclass that holds its default, its help text and its bounds.

The checks, a tool's flags and the pages of flags are made of these fields::

    @dataclasses.dataclass(frozen=True)
    class Config:
        dim: int = setting(50, "length of the vectors", between(1, 1000))

        def __post_init__(self) -> None:
            check_settings(self)
"""

import dataclasses
import typing
from collections.abc import Callable, Collection
from typing import Any

from tfrecords.errors import InputError

MOST_SEED = 2**31 - 1
MOVED_DATASET = "where the run's data set is now, if it was moved"  # The help of every such setting.


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a setting may be.

    Attributes:
        holds: whether a value is allowed.
        expected: what is, in words.
        choices: all that is, where that is a short list.
    """

    holds: Callable[[Any], bool]
    expected: str
    choices: tuple = ()


def setting(default: object, help: str, bounds: Bounds | None = None) -> Any:
    """A field with a default. A value of None is not checked: it means that nothing is given."""
    return dataclasses.field(default=default, metadata={"help": help, "bounds": bounds})


def required(help: str, bounds: Bounds | None = None) -> Any:
    """A field without a default."""
    return dataclasses.field(metadata={"help": help, "bounds": bounds})


def check_settings(config: object) -> None:
    """Raises InputError, ``--name=value: expected ...``, for the first field whose value is out of its bounds."""
    for field in dataclasses.fields(config):
        bounds = field.metadata.get("bounds")
        value = getattr(config, field.name)
        if bounds is not None and value is not None:
            need(config, bounds.holds(value), field.name, bounds.expected)


def need(config: object, holds: bool, name: str, expected: str) -> None:
    """Raises InputError, ``--name=value: expected ...``, where a check of the setting `name` of `config` fails."""
    if not holds:
        value = getattr(config, name)
        given = ",".join(map(str, value)) if isinstance(value, tuple) else value
        raise InputError(f"--{name}={given}: expected {expected}")


def one_of(*choices: object) -> Bounds:
    """One of a list."""
    return Bounds(lambda value: value in choices, "one of " + ", ".join(map(str, choices)), choices)


def between(least: int, most: int) -> Bounds:
    """A whole number from `least` to `most`, both included."""
    return Bounds(lambda value: least <= value <= most, f"from {least} to {most}")


def multiple_of(step: int, most: int, example: str = "") -> Bounds:
    """A multiple of `step` above 0 and up to `most`."""
    return Bounds(lambda value: value in range(step, most + 1, step), f"a multiple of {step} up to {most}{example}")


def above_zero() -> Bounds:
    """A finite number above 0."""
    return Bounds(lambda value: 0 < value < float("inf"), "a number above 0")


def zero_or_more() -> Bounds:
    """A finite number of at least 0."""
    return Bounds(lambda value: 0 <= value < float("inf"), "0 or more, and finite")


def below_one() -> Bounds:
    """A number from 0 up to but not including 1."""
    return Bounds(lambda value: 0 <= value < 1, "from 0 up to but not including 1")


def inside(least: float, most: float) -> Bounds:
    """A number between two others that it may not be."""
    return Bounds(lambda value: least < value < most, f"a number above {least:g} and under {most:g}")


def has_type(value: object, kind: Any) -> bool:
    """Whether a value from JSON is of a field's type: a whole number is a float too, a truth value no number."""
    if typing.get_origin(kind) is tuple:
        return isinstance(value, list | tuple)
    kinds = typing.get_args(kind) or (kind,)
    if isinstance(value, bool) or value is None:
        return type(value) in kinds
    return isinstance(value, kinds) or (float in kinds and isinstance(value, int))


def choices_of(config: type, name: str) -> Collection:
    """The list that a setting is one of."""
    return next(field for field in dataclasses.fields(config) if field.name == name).metadata["bounds"].choices
