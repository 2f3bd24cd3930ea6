"""Looks at one garment for a person: how it would rank, what is like it, why it is liked or not, and who likes it."""

import dataclasses
from pathlib import Path

import numpy as np

from gan.design.model_pair import Studio
from gan.studio.config import StudioConfig
from gan.studio.drawing import Artist, as_url, png_bytes
from gan.studio.jobs import Tell
from gan.studio.people import People, Person
from tf_dvbpr.explanation.attribute_table import attributes_of
from tf_dvbpr.explanation.explainer import Asked, Explainer
from tf_dvbpr.explanation.garment import Garment, item_garment, photo_garment
from tf_dvbpr.explanation.heat_map import heat_map
from tf_dvbpr.explanation.likeness import Likeness
from tf_dvbpr.explanation.results import ItemBeside
from tf_dvbpr.explanation.visual_factors import VisualFactors
from tf_dvbpr.photo_scoring.embed import EmbeddedPhotos
from tf_dvbpr.photo_scoring.score import PhotoScorer
from tf_dvbpr.recommender.keys import find_item

_NEAREST, _BESIDE, _LIKERS, _ATTRIBUTES = 6, 4, 6, 5


class LookingTable:
    """Ranks and explains garments: items of the catalogue, photos and designs.

    Args:
        studio: the two runs, in float32.
        people: the users and their groups.
        config: the steps of an explanation.
        artist: draws designs.
    """

    def __init__(self, studio: Studio, people: People, config: StudioConfig, artist: Artist) -> None:
        self._studio, self._people, self._artist, self._steps = studio, people, artist, config.explain_steps
        self._factors = VisualFactors(studio.user_factors, studio.item_factors)
        attributes = attributes_of(studio.dataset, None)
        self._explainer = Explainer(studio.dataset, studio.embedder, self._factors, attributes)
        most = min(_LIKERS, studio.dataset.num_users)
        self._scorer = PhotoScorer(studio.dataset.user_keys, *self._factors, people.groups, most)

    def photo(self, encoded: bytes) -> Garment:
        """Returns the garment of a photo's bytes. Raises InputError if they are no photo that can be read."""
        return photo_garment(encoded, self._studio.dataset, self._studio.embedder)

    def item(self, number: int) -> Garment:
        """Returns the garment of an item's number."""
        key = str(self._studio.dataset.item_keys[number])
        return item_garment(key, self._studio.dataset, self._studio.embedder, self._factors)

    def design(self, latent: np.ndarray, category: int) -> Garment:
        """Returns the garment that the GAN draws from a latent, float32 [Z]."""
        images = self._artist.draw(latent[None], category)
        pixels, style = self._artist.as_photo(images)[0], self._artist.styles(images)[0]
        return Garment("design", None, png_bytes(pixels), pixels, style)

    def look(self, person: Person, garment: Garment, category: int | None, tell: Tell) -> None:
        """Tells ``standing``, ``nearest`` and ``why``; for a garment that is no item also ``likers``.

        Args:
            person: for whom.
            garment: the garment.
            category: the number of the category whose items it is compared with too; None: of none.
            tell: reports the events.
        """
        tell("standing", self._standing(person, garment, category))
        tell("nearest", {"items": self._nearest(person, garment, category)})
        tell("why", self._why(person, garment))
        if garment.item is None:
            tell("likers", self._likers(garment, tell))

    def bought(self, person: Person, category: int, most: int) -> list[dict]:
        """Returns what a person owns, of the category if there is any, with the highest scores first."""
        own = person.owned[self._studio.categories[person.owned] == category]
        return self._best(person, own if len(own) else person.owned, most)

    def retrieved(self, person: Person, category: int, most: int) -> list[dict]:
        """Returns the items of a category with the highest scores that the person does not own (equation 8)."""
        items = np.flatnonzero(self._studio.categories == category)
        return self._best(person, items[~np.isin(items, person.owned)], most)

    def _standing(self, person: Person, garment: Garment, category: int | None) -> dict:
        catalogue = person.scores(self._studio.item_factors)
        # The product of a matrix may differ in the last digits from that of one row, and an item counts itself once.
        score = float(person.scores(garment.style) if garment.item is None else catalogue[garment.item])
        standing = {
            "score": score,
            "percentile": float(np.mean(catalogue < score)),
            "rank": 1 + int(np.count_nonzero(catalogue >= score)) - (garment.item is not None),
            "items": len(catalogue) + (garment.item is None),
        }
        if category is not None:
            among = catalogue[self._studio.categories == category]
            standing["category"] = self._studio.gan.category_names[category]
            standing["in_category"] = float(np.mean(among < score)) if len(among) else None
        return standing

    def _nearest(self, person: Person, garment: Garment, category: int | None) -> list[dict]:
        """Returns the items whose style vectors are most alike, of the category if it is known."""
        likeness = Likeness.of(self._studio.item_factors, garment.style)
        categories = self._studio.categories
        items = np.arange(len(categories)) if category is None else np.flatnonzero(categories == category)
        near = likeness.most(items[items != garment.item], _NEAREST)
        return [
            {**self._entry(int(item), score), "cosine": float(likeness.cosines[item])}
            for item, score in zip(near, person.scores(self._studio.item_factors[near]).tolist(), strict=True)
        ]

    def _why(self, person: Person, garment: Garment) -> dict:
        explainer = self._explainer.of_guest(person.taste, person.owned)
        asked = Asked(person.name, np.zeros(1, int), False)
        maps = explainer.maps(garment, person.taste[None], self._steps, ())
        why = explainer.explain(garment, asked, maps, 0, _BESIDE, {})
        attributions = maps.maps["integrated_gradients"][0]
        return {
            "picture": as_url(heat_map(garment.pixels, attributions)),
            "score": why.score,
            "white_score": why.white_score,
            "raises": float(attributions[attributions > 0].sum()),
            "lowers": float(attributions[attributions < 0].sum()),
            "gap": why.gap,
            "alike": self._beside(why.bought_alike),
            "unlike": self._beside(why.bought_unlike),
            "preferred": self._beside(why.preferred),
            "changes": [dataclasses.asdict(one) for one in why.attributes[:_ATTRIBUTES]],
        }

    def _likers(self, garment: Garment, tell: Tell) -> dict:
        photos = EmbeddedPhotos([Path("photo")], garment.style[None], {})
        [found] = self._scorer.score(photos, progress=False, tell=lambda users: tell("counting", {"users": users}))
        of = {group.name: group for group in self._people.groups}
        return {
            "mean_percentile": found.mean_percentile,
            "users": [{"user": one.user, "percentile": one.percentile, "rank": one.rank} for one in found.users],
            "groups": [
                {
                    "group": one.group,
                    "percentile": one.percentile,
                    "people": len(of[one.group].members),
                    "leaning": of[one.group].leaning.category if of[one.group].leaning else "",
                }
                for one in found.groups
            ],
        }

    def _best(self, person: Person, items: np.ndarray, most: int) -> list[dict]:
        scores = person.scores(self._studio.item_factors[items])
        order = np.argsort(-scores, kind="stable")[:most]
        return [self._entry(int(items[place]), float(scores[place])) for place in order]

    def _beside(self, items: list[ItemBeside]) -> list[dict]:
        numbers = [find_item(one.item, self._studio.dataset) for one in items]
        return [
            {**self._entry(number, one.score), "cosine": one.cosine, "percentile": one.percentile}
            for number, one in zip(numbers, items, strict=True)
        ]

    def _entry(self, item: int, score: float) -> dict:
        number = int(self._studio.categories[item])
        category = self._studio.gan.category_names[number] if number >= 0 else ""
        return {
            "item": item,
            "key": str(self._studio.dataset.item_keys[item]),
            "category": category,
            "score": score,
        }
