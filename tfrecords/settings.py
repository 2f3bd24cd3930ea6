"""Defines settings: fields of a frozen dataclass, each with a default, a help text and bounds.

A config's checks, a tool's flags and the page of flags are generated from these fields::

    @dataclasses.dataclass(frozen=True)
    class Config:
        dim: int = setting(50, "length of the vectors", between(1, 1000))

        def __post_init__(self) -> None:
            check_settings(self)
"""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

from tfrecords.errors import InputError, option

MOST_SEED = 2**31 - 1
MOVED_DATASET = "where the run's data set is now, if it was moved"  # the help text of this setting in every config


@dataclasses.dataclass(frozen=True)
class Bounds:
    """The allowed values of a setting.

    Attributes:
        holds: returns whether a value is allowed.
        expected: the allowed values in words.
        choices: all allowed values, if they are a short list.
    """

    holds: Callable[[Any], bool]
    expected: str
    choices: tuple = ()


def setting(default: object, help: str, bounds: Bounds | None = None, empty: bool = False) -> Any:
    """Returns a field with a default.

    Args:
        default: the default.
        help: the help text.
        bounds: the allowed values; None: all values. The value None is always allowed: it means "not given".
        empty: whether the flag may be given without a value.
    """
    return dataclasses.field(default=default, metadata={"help": help, "bounds": bounds, "empty": empty})


def required(help: str, bounds: Bounds | None = None) -> Any:
    """Returns a field without a default; the arguments are those of `setting`."""
    return dataclasses.field(metadata={"help": help, "bounds": bounds})


def check_settings(config: object) -> None:
    """Raises InputError, ``name=value: expected ...``, for the first field of a config whose value is out of bounds."""
    for field in dataclasses.fields(config):
        bounds = field.metadata.get("bounds")
        value = getattr(config, field.name)
        if bounds is not None and value is not None:
            need(config, bounds.holds(value), field.name, bounds.expected)


def need(config: object, holds: bool, name: str, expected: str) -> None:
    """Raises InputError, ``name=value: expected ...``, unless `holds`.

    Args:
        config: the config.
        holds: whether the setting's value is allowed.
        name: the setting.
        expected: the allowed values in words.
    """
    if not holds:
        raise InputError(f"{option(name, getattr(config, name))}: expected {expected}")


def one_of(*choices: object) -> Bounds:
    """Allows the given values."""
    return Bounds(lambda value: value in choices, "one of " + ", ".join(map(str, choices)), choices)


def between(least: int, most: int) -> Bounds:
    """Allows whole numbers from `least` to `most`, both included."""
    return Bounds(lambda value: least <= value <= most, f"from {least} to {most}")


def at_least(least: int) -> Bounds:
    """Allows whole numbers of at least `least`."""
    return Bounds(lambda value: value >= least, f"{least} or more")


def multiple_of(step: int, most: int, example: str = "") -> Bounds:
    """Allows multiples of `step` above 0, up to `most`."""
    return Bounds(lambda value: value in range(step, most + 1, step), f"a multiple of {step} up to {most}{example}")


def above_zero() -> Bounds:
    """Allows finite numbers above 0."""
    return Bounds(lambda value: 0 < value < float("inf"), "a number above 0")


def zero_or_more() -> Bounds:
    """Allows finite numbers of at least 0."""
    return Bounds(lambda value: 0 <= value < float("inf"), "0 or more, and finite")


def share() -> Bounds:
    """Allows numbers above 0 up to and including 1."""
    return Bounds(lambda value: 0 < value <= 1, "a number above 0, at most 1")


def below_one() -> Bounds:
    """Allows numbers from 0 up to but not including 1."""
    return Bounds(lambda value: 0 <= value < 1, "from 0 up to but not including 1")


def inside(least: float, most: float) -> Bounds:
    """Allows numbers above `least` and below `most`."""
    return Bounds(lambda value: least < value < most, f"a number above {least:g} and under {most:g}")


def has_type(value: object, kind: Any) -> bool:
    """Returns whether a value from JSON has a field's type; a whole number is also a float, a bool is no number."""
    if typing.get_origin(kind) is tuple:
        return isinstance(value, list | tuple)
    kinds = typing.get_args(kind) or (kind,)
    if isinstance(value, bool) or value is None:
        return type(value) in kinds
    return isinstance(value, kinds) or (float in kinds and isinstance(value, int))
