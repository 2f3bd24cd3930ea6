"""The one exception that means: the input, not the program, is at fault."""


class InputError(ValueError):
    """Bad input, told in one line: what, where, what was expected, how to mend it.

    Libraries raise it; the tools print its message after ``error:`` and exit with status 1, without a traceback.
    """
