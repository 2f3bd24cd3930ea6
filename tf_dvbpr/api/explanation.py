"""What `tf_dvbpr.Recommender.explain` returns."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from tf_dvbpr.explanation.results import Explanation


@dataclasses.dataclass(frozen=True, repr=False)
class GarmentExplanation:
    """Why a user likes or dislikes a garment.

    Attributes:
        figures: score, percentile, ``parts``, ``bought_alike``, ``bought_unlike``, ``preferred`` and ``attributes``, as
            docs/guides/explain.md describes them.
        attributions: integrated gradients, float32 [S, S]; they add up to ``figures.score - figures.white_score``, but
            for ``figures.gap``.
        pixels: the photo as the network sees it, uint8 [S, S, 3].
    """

    figures: Explanation
    attributions: np.ndarray
    pixels: np.ndarray

    def heat_map(self, side: int = 256) -> Image.Image:
        """The photo in grey, red where a part raises the score and blue where it lowers it: RGB, [side, side]."""
        from tf_dvbpr.explanation.heat_map import heat_map

        return heat_map(self.pixels, self.attributions, side=side)

    def __repr__(self) -> str:
        one = self.figures
        return f"GarmentExplanation({one.name!r}, score {one.score:.4g}, above {one.percentile:.1%} of the catalogue)"
