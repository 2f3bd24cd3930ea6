"""Formats figures for the page with a meaningful number of digits; "–" if there is no figure."""

import math
import numbers
import sys

_NONE = "–"
_MOST = sys.float_info.max


def number(value: float | None, digits: int = 3) -> str:
    """Returns a figure with so many decimals. Raises ValueError or TypeError if it is not a number."""
    if value is None or not math.isfinite(_checked(value)):
        return _NONE
    return f"{value:.{digits}f}".replace("-", "−")


def whole(value: int) -> str:
    """Returns a count with commas between the thousands. Raises ValueError or TypeError if it is not a whole number."""
    return f"{_checked(value):,d}"


def with_error(value: float | None, error: float | None, digits: int = 3) -> str:
    """Returns a figure and its standard error or spread."""
    if number(value) == _NONE or number(error) == _NONE:
        return number(value, digits)
    return f"{number(value, digits)} ± {number(error, digits)}"


def percent(share: float) -> str:
    """Returns a share (0 to 1) in per cent, rounded down, so that only 1 becomes 100%."""
    return f"{math.floor(1000 * _checked(share) + 1e-6) / 10:.1f} %"


def short(value: float, step: float) -> str:
    """Returns a figure beside an axis, with as many digits as the distance `step` of its ticks needs."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (step >= size and value):
            return f"{value / size:g}{letter}".replace("-", "−")
    return number(value, max(0, -math.floor(math.log10(step) + 1e-9)))


def setting(value: object) -> str:
    """Returns a setting's value; switches become yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _NONE if value in (None, "") else str(value)


def words(name: str) -> str:
    """Returns the name of a setting or measure without underscores."""
    return name.replace("_", " ")


def _checked(value: float) -> float:
    """Returns `value` if it is a number; JSON's true and false (1 and 0 in Python) and text are not."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{value!r:.60} where a number is expected")
    if isinstance(value, int) and abs(value) > _MOST:
        raise ValueError("a number that is too large")
    return value
