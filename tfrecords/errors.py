"""The one exception that means: the input, not the program, is at fault."""

import unicodedata

_ESCAPED = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of surrogate pairs, separators of lines, of paragraphs


class InputError(ValueError):
    """Bad input, told in one line: what, where, what was expected, how to mend it.

    Libraries raise it; the tools print its message after ``error:`` and exit with status 1, without a traceback.
    Whatever the message quotes, it stays one line: see `one_line`.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """`text` with its line ends and other control characters written as escapes, a backslash and n for a line feed.

    Names of files, headers and keys may hold them. Text that has been through here stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(_escape(letter) if unicodedata.category(letter) in _ESCAPED else letter for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
