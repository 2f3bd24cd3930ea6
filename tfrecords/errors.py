"""Defines `InputError`, the exception for bad input, as opposed to a fault of the program.

A message names settings by `option`, so that Python reads ``k=0`` where the tools print ``--k=0``::

    raise InputError(f"{option('k', 0)}: expected from 1 to {option('starts')}")
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterator

_ESCAPED = {"Cc", "Cs", "Zl", "Zp"}  # control characters, half surrogate pairs, line and paragraph separators
_MARK = "\ufdd0"  # before each setting's name; Unicode reserves this code point for internal use, so no text has it
_NO_VALUE = object()


class InputError(ValueError):
    """Bad input, reported in one line: what is wrong, where, what was expected, how to fix it.

    Libraries raise it; the tools print its message after ``error:`` and exit with status 1, without a traceback.
    `one_line` keeps the message on one line, even if it quotes control characters.

    Attributes:
        marked: the message with marks before its settings' names, for use in another InputError's message.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))

    def __str__(self) -> str:
        return self.marked.replace(_MARK, "")

    @property
    def marked(self) -> str:  # noqa: D102
        text: str = self.args[0]
        return text


def option(setting: str, value: object = _NO_VALUE) -> str:
    """Returns a setting's name for messages and help texts, ``name`` or ``name=value``; commas separate a tuple."""
    if value is _NO_VALUE:
        return _MARK + setting
    return f"{_MARK}{setting}={','.join(map(str, value)) if isinstance(value, tuple) else value}"


def with_dashes(text: str) -> str:
    """Returns a text with its settings as flags, ``--name=value``."""
    return text.replace(_MARK, "--")


@contextlib.contextmanager
def prefixed(text: str) -> Iterator[None]:
    """Puts a text and a colon before the message of every InputError raised in the block."""
    try:
        yield
    except InputError as error:
        error.args = (one_line(f"{text}: {error.marked}"),)
        raise


@contextlib.contextmanager
def renamed(**names: str) -> Iterator[None]:
    """Renames settings in every InputError raised in the block: ``renamed(weights="judge_weights")``."""
    try:
        yield
    except InputError as error:
        error.args = (re.sub(rf"{_MARK}(\w+)", lambda found: option(names.get(found[1], found[1])), error.marked),)
        raise


def one_line(text: str) -> str:
    """Returns `text` with line ends and other control characters escaped, for example a line feed as a backslash and n.

    Names of files, headers and keys may contain such characters. Applying the function twice changes nothing more.
    """
    if text.isprintable():
        return text
    return "".join(_escape(letter) if unicodedata.category(letter) in _ESCAPED else letter for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
