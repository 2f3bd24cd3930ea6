"""Estimates how a change of one attribute changes scores, from items that are alike in all other attributes."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_dvbpr.explanation.attribute_table import Attribute
from tf_dvbpr.explanation.results import AttributeChange


@dataclasses.dataclass(frozen=True)
class Contrast:
    """A matched comparison of items with one value of an attribute and items with another.

    A stratum is a combination of the other attributes and the category. Only strata in which both values occur count.
    With n items of the one value and o items of the other in stratum s, and the means of their scores::

        change = sum_s w_s (mean_os - mean_ns)        w_s ~ n o / (n + o), of sum 1

    Its standard error is that of a weighted mean of independent strata::

        error^2 = sum_s w_s^2 (difference_s - change)^2 / (1 - sum_s w_s^2)

    Attributes:
        attribute: the attribute's name.
        value: the garment's value; "": all values except `other`.
        other: the value compared with it.
        items: int [n], the numbers of the compared items.
        stratum: int [n], the stratum of each.
        is_other: bool [n], whether it has the value `other`.
        weights: float64 [S], w of each stratum.
    """

    attribute: str
    value: str
    other: str
    items: np.ndarray
    stratum: np.ndarray
    is_other: np.ndarray
    weights: np.ndarray

    def means(self, values: np.ndarray) -> np.ndarray:
        """Computes the mean vector of each value and stratum.

        Args:
            values: vectors of all items, float [I, D].

        Returns:
            float64 [2, S, D]; [0] for `value`, [1] for `other`.
        """
        strata = len(self.weights)
        cells = self.is_other * strata + self.stratum
        counts = np.bincount(cells, minlength=2 * strata)
        sums = np.zeros([2 * strata, values.shape[1]])
        np.add.at(sums, cells, values[self.items])
        return (sums / counts[:, None]).reshape(2, strata, -1)


def contrasts(
    attributes: Sequence[Attribute], allowed: np.ndarray, groups: np.ndarray, item: int | None
) -> list[Contrast]:
    """Returns a contrast for every change of one attribute of a garment for which there is a stratum.

    Args:
        attributes: the items' attributes.
        allowed: bool [I], the items that may be compared.
        groups: int [I], the categories, matched like an attribute.
        item: the garment's number; None: a photo, whose values are unknown, so each value is compared with all others.
    """
    found = []
    for attribute in attributes:
        rest = [one.codes for one in attributes if one is not attribute]
        strata = np.unique(np.stack([groups, *rest], 1), axis=0, return_inverse=True)[1].ravel()
        own = None if item is None else int(attribute.codes[item])
        if own is not None and own < 0:
            continue
        for code, other in enumerate(attribute.values):
            if code == own:
                continue
            is_other = attribute.codes == code
            is_own = (attribute.codes >= 0) & ~is_other if own is None else attribute.codes == own
            contrast = _matched(is_own & allowed, is_other & allowed, strata)
            if contrast is not None:
                value = "" if own is None else attribute.values[own]
                found.append(Contrast(attribute.name, value, other, *contrast))
    return found


def _matched(is_own: np.ndarray, is_other: np.ndarray, strata: np.ndarray) -> tuple[np.ndarray, ...] | None:
    own, other = (np.bincount(strata[side], minlength=strata.max() + 1) for side in (is_own, is_other))
    both = (own > 0) & (other > 0)
    if not both.any():
        return None
    items = np.flatnonzero((is_own | is_other) & both[strata])
    number = np.cumsum(both) - 1
    weights = (own * other / np.maximum(own + other, 1))[both]
    return items, number[strata[items]], is_other[items], weights / weights.sum()


def changes(
    found: Sequence[Contrast], styles: np.ndarray, tastes: np.ndarray, taste: np.ndarray
) -> list[AttributeChange]:
    """Computes the change of the score for each contrast and one taste, the largest increase first.

    Scores are linear in Phi, so one set of mean style vectors is enough for every taste.

    Args:
        found: the contrasts.
        styles: Phi of the items, float [I, K].
        tastes: tastes of the users asked, float [n, K], for `AttributeChange.helped`.
        taste: the taste whose scores are computed, float [K].
    """
    result = []
    for one in found:
        own, other = one.means(styles)
        difference = (other - own) @ taste
        change, spread = float(one.weights @ difference), float(one.weights @ one.weights)
        error = None
        if len(difference) > 1:
            error = float(np.sqrt((one.weights**2 @ (difference - change) ** 2) / (1 - spread)))
        result.append(
            AttributeChange(
                attribute=one.attribute,
                value=one.value,
                other=one.other,
                score_own=float(one.weights @ own @ taste),
                score_other=float(one.weights @ other @ taste),
                change=change,
                error=error,
                helped=float(np.mean(tastes @ (one.weights @ (other - own)) > 0)),
                items=len(one.items),
                strata=len(one.weights),
            )
        )
    return sorted(result, key=lambda one: -one.change)
