"""Selects the visual part of a recommender's factors, which explanations are about."""

from typing import NamedTuple

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tfrecords.dataset import Dataset


class VisualFactors(NamedTuple):
    """The factors of ``s(u, X) = t_u . Phi(X)``.

    Attributes:
        tastes: t_u, float32 [U, K].
        styles: Phi of every item's photo, float32 [I, K].
    """

    tastes: np.ndarray
    styles: np.ndarray


def visual_factors(factors: Factors, dataset: Dataset) -> VisualFactors:
    """Returns the visual columns of U and V: all columns, or those without the own terms of the whole predictor.

    Raises:
        InputError: the factors are of another data set, or not finite.
    """
    tastes, styles = factors_for(factors.visual_part(), dataset)
    check_finite(tastes, styles)
    return VisualFactors(tastes, styles)
