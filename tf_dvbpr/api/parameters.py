"""Errors that speak of parameters: libraries write ``--name=value``, as the tools print it; Python has no dashes."""

import functools
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tfrecords.errors import InputError

Given = ParamSpec("Given")
Result = TypeVar("Result")

# The flags of a command line, ``tools.NAME --flag``, stay; dashes inside a word, as in a file's name, do too.
_FLAG = re.compile(r"(tools\.\w+(?: --\w+(?:=\S+)?)+)|(?<![^\s(\"'])--(?=[a-z]\w*)")


def without_dashes(message: str) -> str:
    """A message with ``name=value`` in place of ``--name=value``."""
    return _FLAG.sub(lambda found: found[1] or "", message)


def names_parameters(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function, whose InputErrors name its parameters and not a tool's flags."""

    @functools.wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            error.args = (without_dashes(str(error)),)
            raise

    return call
