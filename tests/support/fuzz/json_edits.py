"""Edits the values of a JSON document."""

import copy
import json
import math
from collections.abc import Iterator

import numpy as np

from .mutations import any_of

_BIG = (0, -1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, 1e-320, math.nan, math.inf, -math.inf)
_OTHERS = (None, True, "", "x", "12", "a\nb", "☃", "nan", [], [1], {}, {"a": 1}, 7, 0.25)
Place = tuple


def edit(draw: np.random.Generator, document: object) -> tuple[str, object, Place, object]:
    """Edits one value.

    Returns:
        (what was done, the new document, the place that was edited as a path of keys, the value there before).
    """
    new = copy.deepcopy(document)
    places = list(_places(new))
    place = any_of(draw, places)
    holder, key = _at(new, place[:-1]), place[-1]
    before = holder[key]
    kind = int(draw.integers(10))
    if kind == 0:
        del holder[key]
        return f"{_name(place)} deleted", new, place, before
    if kind == 1 and isinstance(holder, dict):
        other = _misspelt(draw, key)
        holder[other] = holder.pop(key)
        return f"{_name(place)} misspelt {other!r}", new, place, before
    if kind in (2, 3):
        holder[key] = any_of(draw, _OTHERS)
    else:
        holder[key] = _near(draw, before)
    return f"{_name(place)}: {_short(before)} -> {_short(holder[key])}", new, place, before


def dump(document: object) -> bytes:
    """Writes a document as Python does, with NaN and Infinity."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")


def at(document: object, place: Place) -> object:
    """Returns the value at a place. Raises `KeyError` or `IndexError` if there is none."""
    return _at(document, place)


def _places(document: object, place: Place = ()) -> Iterator[Place]:
    pairs = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in pairs:
        yield (*place, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*place, key))


def _at(document: object, place: Place) -> object:
    for key in place:
        document = document[key]
    return document


def _near(draw: np.random.Generator, value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        steps = (value + 1, value - 1, value * 10, -value, value + 20, value / 2, str(value), *_BIG)
        return any_of(draw, steps)
    if isinstance(value, str):
        return _misspelt(draw, value) if draw.integers(4) else any_of(draw, (value.upper(), value + " ", value + "\n"))
    if isinstance(value, list) and value:
        at, other = (int(number) for number in draw.integers(len(value), size=2))
        changed = list(value)
        changed[at], changed[other] = changed[other], changed[at]
        return any_of(draw, (value[:at] + value[at + 1 :], value[:at] + value[at:][:1] + value[at:], changed, []))
    return any_of(draw, _OTHERS)


def _misspelt(draw: np.random.Generator, word: str) -> str:
    if not word:
        return "x"
    at = int(draw.integers(len(word)))
    return any_of(
        draw, (word[:at] + word[at + 1 :], word[:at] + "q" + word[at + 1 :], word[:at] + word[at] + word[at:])
    )


def _name(place: Place) -> str:
    return ".".join(map(str, place))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
