"""Flags of settings whose default is the library's, often a preset's: those that are not given are left to it."""

from collections.abc import Iterable

from absl import flags


def define(values: flags.FlagValues, **settings: dict[str, object]) -> tuple[str, ...]:
    """Adds flags without a default to a tool's.

    Args:
        values: the tool's.
        **settings: kind, as absl's ``DEFINE_kind`` has it, to flag name to help; of ``enum`` to (choices, help).

    Returns:
        The flags' names, in order.
    """
    for kind, helps in settings.items():
        for name, told in helps.items():
            getattr(flags, f"DEFINE_{kind}")(name, None, *(told if kind == "enum" else (told,)), flag_values=values)
    return tuple(name for helps in settings.values() for name in helps)


def given(values: flags.FlagValues, names: Iterable[str]) -> dict[str, object]:
    """Name to value of those that the command line has."""
    return {name: values[name].value for name in names if name in values and values[name].value is not None}
