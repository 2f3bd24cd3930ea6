"""Explains garments for users, with a loaded recommender."""

import copy
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
_PAPER = 5.0  # of 255: a part of the photo whose mean is nearer to white is background
METHODS = ("integrated_gradients", "grad_cam", "occlusion")


@dataclasses.dataclass(frozen=True)
class Asked:
    """One user, or a group of users with equal weights, for whom a garment is explained.

    Attributes:
        name: the user's external id, or the group's name.
        members: int [n], the users' numbers.
        is_group: whether it is a group; a group may have one member.
    """

    name: str
    members: np.ndarray
    is_group: bool


@dataclasses.dataclass(frozen=True)
class Maps:
    """The attributions of a photo for T tastes.

    Attributes:
        maps: method to attributions, float32 [T, S, S].
        scores: s(X), float32 [T].
        white: s of a white photo, float32 [T].
        gap: `completeness_gap` of the integrated gradients, float32 [T].
    """

    maps: dict[str, np.ndarray]
    scores: np.ndarray
    white: np.ndarray
    gap: np.ndarray


class Explainer:
    """Explains garments with one recommender.

    Args:
        dataset: the recommender's data set.
        embedder: its Phi, in float32.
        factors: the visual part of its factors.
        attributes: the items' attributes; may be empty.
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

    def of_guest(self, taste: np.ndarray, owned: np.ndarray | None = None) -> "Explainer":
        """Returns an explainer of one person who is no user of the data set; the person's number is 0.

        Args:
            taste: t, float32 [K]: a guest's, or the mean of several users'.
            owned: int, ascending, the items that the person owns; None: none.
        """
        other = copy.copy(self)
        other.factors = VisualFactors(np.asarray(taste, np.float32)[None], self.factors.styles)
        other.means, other.deviations = score_scales(*other.factors)
        owned = np.zeros(0, np.int64) if owned is None else np.asarray(owned)
        other.own = np.array([0, len(owned)]), owned
        return other

    def taste(self, asked: Asked) -> np.ndarray:
        """Returns the taste that is explained, float32 [K].

        For a user it is t_u. For a group it is the mean of ``t_u / sigma_u`` over the members, where sigma_u is the
        standard deviation of u's scores over the catalogue.
        """
        rows = self.factors.tastes[asked.members]
        if not asked.is_group:
            return rows[0]
        return (rows / self.deviations[asked.members, None]).mean(0).astype(np.float32)

    def percentiles(self, garment: Garment, users: np.ndarray) -> np.ndarray:
        """Computes the share of the catalogue that each user scores below the garment, float64 [n] in [0, 1]."""
        below = count_below(self.factors.tastes[users], self.factors.styles, garment.style[None])[0]
        return below / len(self.factors.styles)

    def maps(self, garment: Garment, tastes: np.ndarray, steps: int, methods: Sequence[str] = METHODS) -> Maps:
        """Computes where the photo raises and lowers scores.

        Args:
            garment: the garment.
            tastes: float32 [T, K].
            steps: steps of the integral.
            methods: some of `METHODS`; the integrated gradients are always computed.
        """
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
        """Computes the share of users whose score each part of the photo raises.

        Attributions are linear in the taste, so they are computed for each of the K components of Phi and then combined
        for every user.

        Args:
            garment: the garment.
            users: int [n], the users' numbers.
            steps: steps of the integral.
            tell: called with 1 after each component.

        Returns:
            float64 [8, 8] in [0, 1]; NaN for parts that are all white.
        """
        components, parts = np.eye(self.factors.styles.shape[1], dtype=np.float32), []
        for row in components:
            attributions = self._integrate(garment.image, tf.constant(row[None]), steps)
            parts.append(parts_of(attributions.numpy()[0]).ravel())
            tell(1)
        shares = (self.factors.tastes[users] @ np.stack(parts) > 0).mean(0).reshape(PARTS, PARTS)
        # On a white background only noise is attributed, and its sign means nothing.
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
        """Makes the explanation for one user or group.

        Args:
            garment: the garment.
            asked: the user or group.
            maps: the attributions for all tastes.
            row: the number of this one's taste in `maps`.
            k: most items in each list.
            heat_maps: method to the file of its picture.
            raised_for: the result of the method `raised_for`, for a group; None for a user.
        """
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
        """Computes what each change of an attribute does to the score, the best first; see `Contrast`."""
        found = self.contrasts(garment)
        return changes(found, self.factors.styles, self.factors.tastes[asked.members], self.taste(asked))

    def contrasts(self, garment: Garment) -> list[Contrast]:
        """Returns the matched comparisons for a garment, among the items of its category if that is known."""
        return contrasts(self.attributes.attributes, self._allowed(garment), self.dataset.item_categories, garment.item)

    def category(self, item: int) -> str:
        """Returns the name of an item's category; "" if it has none."""
        number = int(self.dataset.item_categories[item])
        return self.dataset.category_names[number] if number >= 0 else ""

    def _allowed(self, garment: Garment) -> np.ndarray:
        """Returns the items of the garment's category, bool [I]; all items for a photo, or if it has no category."""
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

        # With few purchases each list gets half of them, so that none is named twice.
        most = likeness.most(bought, min(k, -(-len(bought) // 2)))
        least = likeness.least(bought[~np.isin(bought, most)], k)
        preferred = likeness.preferred(self.factors, user, score, own, allowed, k)
        return described(most), described(least), described(preferred)


def parts_of(attributions: np.ndarray) -> np.ndarray:
    """Sums attributions [S, S], S at least 8, over 8 x 8 squares; returns float [8, 8]."""
    edges = [round(place * attributions.shape[0] / PARTS) for place in range(PARTS)]
    return np.add.reduceat(np.add.reduceat(attributions, edges, 0), edges, 1)
