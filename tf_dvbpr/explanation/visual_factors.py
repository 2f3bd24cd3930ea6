"""The part of a recommender's two matrices that comes from photos: all that an explanation speaks of."""

from typing import NamedTuple

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tfrecords.dataset import Dataset


class VisualFactors(NamedTuple):
    """``s(u, X) = t_u . Phi(X)``: t float32 [U, K] and Phi of every item's photo, float32 [I, K]."""

    tastes: np.ndarray
    styles: np.ndarray


def visual_factors(factors: Factors, dataset: Dataset) -> VisualFactors:
    """The visual blocks of U and V: all of them, or without the columns of the whole predictor's own terms.

    Raises InputError for factors of another data set, or that are not finite.
    """
    tastes, styles = factors_for(factors.visual_part(), dataset)
    check_finite(tastes, styles)
    return VisualFactors(tastes, styles)
