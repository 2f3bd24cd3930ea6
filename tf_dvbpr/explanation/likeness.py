"""Items beside a garment: purchases most and least alike to it, and near ones that a person would prefer."""

import dataclasses

import numpy as np

from tf_dvbpr.explanation.visual_factors import VisualFactors


@dataclasses.dataclass(frozen=True)
class Likeness:
    """How the items of a catalogue compare with one garment.

    Two style vectors are alike by the cosine between them once the catalogue's mean is taken off: without that all
    garments would look alike, for what they share::

        cosine(i, X) = cos(Phi_i - m, Phi(X) - m)        m = mean over the catalogue of Phi

    Attributes:
        cosines: float32 [I], in [-1, 1].
    """

    cosines: np.ndarray

    @classmethod
    def of(cls, styles: np.ndarray, style: np.ndarray) -> "Likeness":
        """Of style vectors [I, K] and the garment's [K]."""
        mean = styles.mean(0, dtype=np.float64)
        items, garment = styles - mean, style - mean
        lengths = np.linalg.norm(items, axis=1) * np.linalg.norm(garment)
        return cls((items @ garment / np.where(lengths > 0, lengths, 1)).astype(np.float32))

    def most(self, items: np.ndarray, k: int) -> np.ndarray:
        """The k of some items most alike, most alike first."""
        return items[np.argsort(-self.cosines[items], kind="stable")[:k]]

    def least(self, items: np.ndarray, k: int) -> np.ndarray:
        """The k least alike, least alike first."""
        return items[np.argsort(self.cosines[items], kind="stable")[:k]]

    def preferred(
        self, factors: VisualFactors, user: int, score: float, own: np.ndarray, allowed: np.ndarray, k: int
    ) -> np.ndarray:
        """The k items most alike among those that the user likes better and does not own.

        Better is a score above the garment's, and in the upper half of the user's scores over the catalogue.

        Args:
            factors: of all.
            user: the user's number.
            score: that the user gives the garment.
            own: the user's items.
            allowed: bool [I], items that may be named.
            k: how many at most.
        """
        scores = factors.styles @ factors.tastes[user]
        better = (scores > max(score, float(np.median(scores)))) & allowed
        better[own] = False
        return self.most(np.flatnonzero(better), k)
