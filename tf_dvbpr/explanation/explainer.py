"""Explains garments to users with a run that is open."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tf_dvbpr.dvbpr.embedder import Embedder
from tf_dvbpr.explanation import occlusion as covering
from tf_dvbpr.explanation.attribute_changes import Contrast, changes, contrasts
from tf_dvbpr.explanation.attribute_table import AttributeTable
from tf_dvbpr.explanation.garment import Garment
from tf_dvbpr.explanation.grad_cam import grad_cam
from tf_dvbpr.explanation.integrated_gradients import completeness_gap, integrated_gradients, scores_beside_white
from tf_dvbpr.explanation.likeness import Likeness
from tf_dvbpr.explanation.results import Explanation, ItemBeside
from tf_dvbpr.explanation.visual_factors import VisualFactors
from tf_dvbpr.ranking.percentiles import count_below, score_scales
from tfrecords.dataset import Dataset
from tfrecords.files.json_file import without_nan

PARTS = 8
_PAPER = 5.0  # of 255: a part whose mean is nearer to white is paper
METHODS = ("integrated_gradients", "grad_cam", "occlusion")


@dataclasses.dataclass(frozen=True)
class Asked:
    """Who is asked: one user, or a group whose members count alike.

    Attributes:
        name: the user's key, or the group's name.
        members: int [n], numbers of users.
        is_group: whether it is a group, if of one member.
    """

    name: str
    members: np.ndarray
    is_group: bool


@dataclasses.dataclass(frozen=True)
class Maps:
    """Of T tastes.

    Attributes:
        maps: method to attributions float32 [T, S, S].
        scores, white, gap: float32 [T]; see `integrated_gradients`.
    """

    maps: dict[str, np.ndarray]
    scores: np.ndarray
    white: np.ndarray
    gap: np.ndarray


class Explainer:
    """Everything that explanations of one run share.

    Args:
        dataset: of the run.
        embedder: Phi, in float32.
        factors: the visual blocks of its factors.
        attributes: of the items; none where there are none.
    """

    def __init__(
        self, dataset: Dataset, embedder: Embedder, factors: VisualFactors, attributes: AttributeTable
    ) -> None:
        self.dataset, self.embedder, self.factors, self.attributes = dataset, embedder, factors, attributes
        self.means, self.deviations = score_scales(*factors)
        self.own = dataset.own_items()
        self._style = tf.function(embedder.style_vectors, reduce_retracing=True)
        self._integrate = tf.function(
            lambda image, tastes, steps: integrated_gradients(embedder.style_vectors, image, tastes, steps)
        )
        self._grad_cam = tf.function(lambda image, tastes: grad_cam(embedder.network, image, tastes))

    def taste(self, asked: Asked) -> np.ndarray:
        """What is explained: t_u of a user; of a group the mean of its members', each in units of its deviation."""
        rows = self.factors.tastes[asked.members]
        if not asked.is_group:
            return rows[0]
        return (rows / self.deviations[asked.members, None]).mean(0).astype(np.float32)

    def percentiles(self, garment: Garment, users: np.ndarray) -> np.ndarray:
        """Share of the catalogue that each user scores below the garment: int [n] to float64 [n]."""
        below = count_below(self.factors.tastes[users], self.factors.styles, garment.style[None])[0]
        return below / len(self.factors.styles)

    def maps(self, garment: Garment, tastes: np.ndarray, steps: int, methods: Sequence[str] = METHODS) -> Maps:
        """Where the photo raises and lowers the scores of some tastes, float32 [T, K]."""
        image, of = garment.image, tf.constant(tastes, tf.float32)
        attributions = self._integrate(image, of, steps)
        score, white = scores_beside_white(self._style, image, of)
        gap = completeness_gap(attributions, score, white)
        found = {"integrated_gradients": attributions.numpy()}
        if "grad_cam" in methods:
            found["grad_cam"] = self._grad_cam(image, of).numpy()
        if "occlusion" in methods:
            found["occlusion"] = covering.occlusion(self._style, image.numpy(), np.asarray(tastes, np.float32))
        return Maps(found, score.numpy(), white.numpy(), gap.numpy())

    def raised_for(self, garment: Garment, users: np.ndarray, steps: int, tell: Callable[[int], object]) -> np.ndarray:
        """Share of some users whose score each of the photo's parts raises: float64 [8, 8], NaN where all is white.

        Attributions are linear in the taste: those of the K single components of Phi are summed for every user.
        """
        components, parts = np.eye(self.factors.styles.shape[1], dtype=np.float32), []
        for row in components:
            attributions = self._integrate(garment.image, tf.constant(row[None]), steps)
            parts.append(parts_of(attributions.numpy()[0]).ravel())
            tell(1)
        shares = (self.factors.tastes[users] @ np.stack(parts) > 0).mean(0).reshape(PARTS, PARTS)
        # On paper nothing is attributed but what the photo's noise gets, whose sign says nothing.
        ink = parts_of((255.0 - garment.pixels).mean(-1)) / parts_of(np.ones(garment.pixels.shape[:2]))
        return np.where(ink > _PAPER, shares, np.nan)

    def explain(
        self,
        garment: Garment,
        asked: Asked,
        maps: Maps,
        row: int,
        k: int,
        heat_maps: dict[str, str],
        raised_for: np.ndarray | None = None,
    ) -> Explanation:
        """Puts together what is known of one who is asked; `row` is its place in `maps`."""
        taste = self.taste(asked)
        deviation = float(np.sqrt(max(0.0, np.var(self.factors.styles @ taste, dtype=np.float64)))) or 1.0
        most, least, preferred = ([], [], []) if asked.is_group else self._beside(garment, int(asked.members[0]), k)
        offset = float((self.means / self.deviations)[asked.members].mean()) if asked.is_group else 0.0
        gap = float(maps.gap[row])
        return Explanation(
            name=asked.name,
            users=len(asked.members),
            score=float(maps.scores[row]) - offset,
            white_score=float(maps.white[row]) - offset,
            percentile=float(self.percentiles(garment, asked.members).mean()),
            gap=gap,
            gap_share=abs(gap) / deviation,
            parts=parts_of(maps.maps["integrated_gradients"][row]).tolist(),
            raised_for=None if raised_for is None else without_nan(raised_for.tolist()),
            heat_maps=heat_maps,
            bought_alike=most,
            bought_unlike=least,
            preferred=preferred,
            attributes=self.attribute_changes(garment, asked),
        )

    def attribute_changes(self, garment: Garment, asked: Asked) -> list:
        """What a change of each attribute does, the best first; see `attribute_changes.Contrast`."""
        found = self.contrasts(garment)
        return changes(found, self.factors.styles, self.factors.tastes[asked.members], self.taste(asked))

    def contrasts(self, garment: Garment) -> list[Contrast]:
        """The matched comparisons for a garment, among the items of its category where that is known."""
        return contrasts(self.attributes.attributes, self._allowed(garment), self.dataset.item_categories, garment.item)

    def category(self, item: int) -> str:
        """The name of an item's category, "" for none."""
        number = int(self.dataset.item_categories[item])
        return self.dataset.category_names[number] if number >= 0 else ""

    def _allowed(self, garment: Garment) -> np.ndarray:
        """Items of the garment's category; all where it has none, or is a photo."""
        categories = self.dataset.item_categories
        if garment.item is None or categories[garment.item] < 0:
            return np.ones(len(categories), bool)
        return categories == categories[garment.item]

    def _beside(self, garment: Garment, user: int, k: int) -> tuple[list[ItemBeside], ...]:
        indptr, items = self.own
        own = items[indptr[user] : indptr[user + 1]]
        bought = own if garment.item is None else own[own != garment.item]
        likeness = Likeness.of(self.factors.styles, garment.style)
        scores = self.factors.styles @ self.factors.tastes[user]
        score = float(garment.style @ self.factors.tastes[user])
        allowed = self._allowed(garment)
        if garment.item is not None:
            allowed = allowed & (np.arange(len(allowed)) != garment.item)
        ordered = np.sort(scores)

        def described(some: np.ndarray) -> list[ItemBeside]:
            return [
                ItemBeside(
                    item=str(self.dataset.item_keys[item]),
                    category=self.category(item),
                    score=float(scores[item]),
                    percentile=float(np.searchsorted(ordered, scores[item]) / len(scores)),
                    cosine=float(likeness.cosines[item]),
                )
                for item in some
            ]

        # Where there are few purchases, each list gets half of them: none is named twice.
        most = likeness.most(bought, min(k, -(-len(bought) // 2)))
        least = likeness.least(bought[~np.isin(bought, most)], k)
        preferred = likeness.preferred(self.factors, user, score, own, allowed, k)
        return described(most), described(least), described(preferred)


def parts_of(attributions: np.ndarray) -> np.ndarray:
    """Sums over 8 x 8 squares of attributions [S, S], S at least 8: float [8, 8]."""
    edges = [round(place * attributions.shape[0] / PARTS) for place in range(PARTS)]
    return np.add.reduceat(np.add.reduceat(attributions, edges, 0), edges, 1)
