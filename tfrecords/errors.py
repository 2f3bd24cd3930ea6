"""`InputError`, the one exception that means: the input is wrong, not the program."""

import unicodedata

_ESCAPED = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of surrogate pairs, separators of lines and paragraphs


class InputError(ValueError):
    """Bad input, reported in one line: what is wrong, where, what was expected, how to fix it.

    Libraries raise it; the tools print its message after ``error:`` and exit with status 1, without a traceback.
    `one_line` keeps the message on one line, whatever it quotes.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """Returns `text` with line ends and other control characters escaped, for example a line feed as a backslash and n.

    Names of files, headers and keys may hold such characters. Applying it twice changes nothing.
    """
    if text.isprintable():
        return text
    return "".join(_escape(letter) if unicodedata.category(letter) in _ESCAPED else letter for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
