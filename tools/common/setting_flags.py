"""Makes flags from a config's fields (`tfrecords.settings`), which define name, type, default, choices and help."""

import dataclasses
import types
import typing
from collections.abc import Collection
from pathlib import Path
from typing import Any

from absl import flags

from tfrecords.errors import with_dashes
from tfrecords.files.remote_path import as_path

from . import app

# absl's flag class for each type.
_KINDS = {int: "integer", float: "float", str: "string", bool: "bool", Path: "string"}


def define(
    values: flags.FlagValues, config: type, leave_out: Collection[str] = (), defaults_of_preset: bool = False
) -> None:
    """Adds a flag for each field of a config that has a help text.

    A flag that is not given is None; then the config's default applies, which --help shows.

    Args:
        values: the tool's flags.
        config: a dataclass of settings.
        leave_out: fields that get no flag.
        defaults_of_preset: whether a preset sets the defaults; then --help shows only the default of the preset itself.
    """
    for field in _fields(config, leave_out):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        help = with_dashes(field.metadata["help"])
        if not required and (not defaults_of_preset or field.name == "preset") and field.default not in (None, (), ""):
            help += f" (default {_written(field.default)})"
        bounds, kind = field.metadata["bounds"], _kind(field)
        choices = bounds.choices if bounds is not None and kind == "string" else ()
        kind, first = ("enum", (list(choices), help)) if choices else (kind, (help,))
        getattr(flags, f"DEFINE_{kind}")(field.name, None, *first, required=required, flag_values=values)
        if field.metadata.get("empty"):
            app.allow_empty(values, field.name)


def given(values: flags.FlagValues, config: type) -> dict[str, object]:
    """Returns the given flags as values by field."""
    return {
        field.name: _value(field, values[field.name].value)
        for field in _fields(config)
        if field.name in values and values[field.name].value is not None
    }


def _fields(config: type, leave_out: Collection[str] = ()) -> list[dataclasses.Field]:
    return [field for field in dataclasses.fields(config) if "help" in field.metadata and field.name not in leave_out]


def _type(field: dataclasses.Field) -> Any:
    """Returns the first type of a field's annotation that is not None; every kind of tuple is `tuple`."""
    kinds = typing.get_args(field.type) if isinstance(field.type, types.UnionType) else (field.type,)
    kind = next(kind for kind in kinds if kind is not type(None))
    return typing.get_origin(kind) or kind


def _kind(field: dataclasses.Field) -> str:
    return "list" if _type(field) is tuple else _KINDS[_type(field)]


def _value(field: dataclasses.Field, value: object) -> object:
    if _type(field) is Path:
        return as_path(value)
    return tuple(value) if _type(field) is tuple else value


def _written(value: object) -> str:
    return repr(value) if not isinstance(value, tuple) else ",".join(map(str, value))
