"""Figures as the page writes them: no more digits than mean something, "–" where there is none."""

import math
import numbers
import sys

_NONE = "–"
_MOST = sys.float_info.max


def number(value: float | None, digits: int = 3) -> str:
    """A figure with so many decimals. Raises ValueError or TypeError for what is no number."""
    if value is None or not math.isfinite(_checked(value)):
        return _NONE
    return f"{value:.{digits}f}".replace("-", "−")


def whole(value: int) -> str:
    """A count, with commas between the thousands. Raises ValueError or TypeError for what is no whole number."""
    return f"{_checked(value):,d}"


def with_error(value: float | None, error: float | None, digits: int = 3) -> str:
    """A figure and its standard error or spread."""
    if number(value) == _NONE or number(error) == _NONE:
        return number(value, digits)
    return f"{number(value, digits)} ± {number(error, digits)}"


def percent(share: float) -> str:
    """A share in 0 to 1, rounded down: what is not all is not called all."""
    return f"{math.floor(1000 * _checked(share) + 1e-6) / 10:.1f} %"


def short(value: float, step: float) -> str:
    """A figure beside an axis whose ticks are `step` apart, which says how many digits tell them apart."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (step >= size and value):
            return f"{value / size:g}{letter}".replace("-", "−")
    return number(value, max(0, -math.floor(math.log10(step) + 1e-9)))


def setting(value: object) -> str:
    """A setting's value: switches as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _NONE if value in (None, "") else str(value)


def words(name: str) -> str:
    """A setting's or a measure's name without underscores."""
    return name.replace("_", " ")


def _checked(value: float) -> float:
    """Returns `value`; JSON's true and false, which Python takes for 1 and 0, and text are no figures."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{value!r:.60} where a number is expected")
    if isinstance(value, int) and abs(value) > _MOST:
        raise ValueError("a number that is too large")
    return value
