"""Flags that a tool does not have itself, and passes on to a library."""

import copy

from absl import flags

_PASSED_ON = "__passed_on"  # where a registry keeps them


def given(values: flags.FlagValues) -> tuple[str, ...]:
    """Returns the flags that are not the tool's, ``--name=value`` each; `parse` says when they are no error."""
    return values.__dict__.get(_PASSED_ON, ())


def parse(values: flags.FlagValues, argv: list[str], passes_on: str | None) -> list[str]:
    """Parses the flags; returns the arguments that are no flags.

    Args:
        values: the tool's flags.
        argv: the command line.
        passes_on: a bool flag; where it is set, flags that the tool does not have are no error. None: no such flag.
    """
    if passes_on is None:
        return values(argv)[1:]
    try:
        copy.deepcopy(values)(argv)
    except flags.UnrecognizedFlagError:
        # Its own flags are read first, to see whether the others are to be passed on.
        trial, rest = copy.deepcopy(values), []
        try:
            rest = trial(argv, known_only=True)[1:]
        except flags.Error:
            if trial[passes_on].value:
                raise
        if not trial[passes_on].value:
            raise
        further = tuple(argument for argument in rest if argument.startswith("--") and len(argument) > 2)
        values.__dict__[_PASSED_ON] = further
        values([argument for argument in argv if argument not in further])
        return [argument for argument in rest if argument not in further]
    return values(argv)[1:]
