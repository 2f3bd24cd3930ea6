"""Finds items to compare with a garment: the most and least similar purchases, and similar items users prefer."""

import dataclasses

import numpy as np

from tf_dvbpr.explanation.visual_factors import VisualFactors


@dataclasses.dataclass(frozen=True)
class Likeness:
    """The similarity of every item of a catalogue to one garment.

    Similarity is the cosine of two style vectors after the catalogue's mean is subtracted. Without the subtraction,
    what all garments share would make all of them similar::

        cosine(i, X) = cos(Phi_i - m, Phi(X) - m)        m = mean over the catalogue of Phi

    Attributes:
        cosines: float32 [I], in [-1, 1].
    """

    cosines: np.ndarray

    @classmethod
    def of(cls, styles: np.ndarray, style: np.ndarray) -> "Likeness":
        """Computes the similarities from the items' style vectors, float [I, K], and the garment's, float [K]."""
        mean = styles.mean(0, dtype=np.float64)
        items, garment = styles - mean, style - mean
        lengths = np.linalg.norm(items, axis=1) * np.linalg.norm(garment)
        return cls((items @ garment / np.where(lengths > 0, lengths, 1)).astype(np.float32))

    def most(self, items: np.ndarray, k: int) -> np.ndarray:
        """Returns the k most similar of some items, the most similar first; all are int item numbers."""
        return items[np.argsort(-self.cosines[items], kind="stable")[:k]]

    def least(self, items: np.ndarray, k: int) -> np.ndarray:
        """Returns the k least similar of some items, the least similar first."""
        return items[np.argsort(self.cosines[items], kind="stable")[:k]]

    def preferred(
        self, factors: VisualFactors, user: int, score: float, own: np.ndarray, allowed: np.ndarray, k: int
    ) -> np.ndarray:
        """Returns the k most similar items that the user prefers to the garment and does not own.

        A user prefers an item whose score is above the garment's and in the upper half of the user's scores.

        Args:
            factors: the visual factors.
            user: the user's number.
            score: the user's score of the garment.
            own: numbers of the user's items.
            allowed: bool [I], items that may be returned.
            k: most items.
        """
        scores = factors.styles @ factors.tastes[user]
        better = (scores > max(score, float(np.median(scores)))) & allowed
        better[own] = False
        return self.most(np.flatnonzero(better), k)
