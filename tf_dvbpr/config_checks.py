"""The checks that the configs of trainings share: one line that names the flag."""

from collections.abc import Sequence

from tfrecords.errors import InputError


def need(config: object, holds: bool, name: str, expected: str) -> None:
    """Raises InputError, ``--name=value: expected ...``, where a check of the setting `name` of `config` fails."""
    if not holds:
        value = getattr(config, name)
        given = ",".join(map(str, value)) if isinstance(value, tuple) else value
        raise InputError(f"--{name}={given}: expected {expected}")


def need_one_of(config: object, name: str, allowed: Sequence) -> None:
    """Raises InputError where a setting is not one of those allowed."""
    need(config, getattr(config, name) in allowed, name, "one of " + ", ".join(map(str, allowed)))


def need_between(config: object, name: str, least: int, most: int) -> None:
    """Raises InputError where a whole number is not from `least` to `most`, both included."""
    need(config, least <= getattr(config, name) <= most, name, f"from {least} to {most}")
