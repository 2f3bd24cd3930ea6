"""Turns keyword arguments into settings of a config: checks names and types, converts numbers and paths."""

import dataclasses
import difflib
import operator
import os
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.files.remote_path import as_path


def settings(config: type, given: Mapping[str, object]) -> dict[str, typing.Any]:
    """Returns the given settings, converted to their fields' types; those given as None are left out.

    Args:
        config: a dataclass.
        given: value by field name. A whole number is accepted as a float, a NumPy scalar as a number, a path as text
            and text as a path, a sequence as a tuple.

    Raises:
        InputError: a name is not a field of `config`, or a value has another type.
    """
    hints = typing.get_type_hints(config)
    names = [field.name for field in dataclasses.fields(config)]
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, names, n=1, cutoff=0.6)
        raise InputError(
            f"{unknown}: no such setting"
            + (f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}")
        )
    return {name: _converted(name, value, hints[name]) for name, value in given.items() if value is not None}


def _converted(name: str, value: object, hint: object) -> object:
    for kind in _kinds(hint):
        if kind in _CONVERSIONS:
            expected, convert = _CONVERSIONS[kind]
            try:
                return convert(value)
            except (TypeError, ValueError):
                raise InputError(f"{name}={value!r}: {expected} expected") from None
    return value


def _kinds(hint: object) -> list[object]:
    """Returns the types that a field's annotation allows; a tuple of anything counts as `tuple`."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return [typing.get_origin(kind) or kind for kind in kinds]


def _bool(value: object) -> bool:
    if str(value) not in ("True", "False"):  # NumPy's numbers have no type in common with Python's.
        raise TypeError
    return bool(value)


def _float(value: typing.Any) -> float:
    if isinstance(value, str | bool):
        raise TypeError
    return float(value)


def _int(value: typing.Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return operator.index(value)


def _str(value: typing.Any) -> str:
    return os.fspath(value)


def _tuple(value: typing.Any) -> tuple[object, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _path(value: typing.Any) -> typing.Any:
    return as_path(value)


_CONVERSIONS: dict[object, tuple[str, Callable[[typing.Any], object]]] = {
    bool: ("True or False", _bool),
    int: ("a whole number", _int),
    float: ("a number", _float),
    str: ("a text", _str),
    tuple: ("a list", _tuple),
    Path: ("a path", _path),
}
