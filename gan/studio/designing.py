"""Designs garments for a person while the page watches."""

import dataclasses

import numpy as np

from gan.design.model_pair import Studio
from gan.search.choice import choose
from gan.search.config import resolve
from gan.search.maximise import RECORD, Maximiser
from gan.search.queries import design
from gan.studio.config import StudioConfig
from gan.studio.drawing import Artist, as_url
from gan.studio.jobs import Tell
from gan.studio.people import Person
from tfrecords.errors import InputError

FRAMES = 9  # pictures of a film at most
LEAST_DIVERSITY = 1e-6  # less draws the best designs too


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the page's controls say.

    Attributes:
        category: the category's number.
        eta: weight of looking like a photo (equations 9 and 10).
        steps: of the search.
        seed: of its starts and of the choice.
        diversity: 0 shows the best designs; T above 0 draws them by equation 11 with the objectives divided by T, so
            that 1 is the paper's choice and more is bolder.
    """

    category: int
    eta: float
    steps: int
    seed: int
    diversity: float


class DesignTable:
    """The search for designs, compiled once: every request has the same shapes.

    Args:
        studio: the two runs.
        config: numbers of starts, candidates and garments.
        artist: draws.
    """

    def __init__(self, studio: Studio, config: StudioConfig, artist: Artist) -> None:
        self._studio, self._artist, self._garments = studio, artist, config.garments
        settings = {"starts": config.starts, "candidates": config.candidates}
        self.ascent = studio.settled(resolve("fast", settings))
        self._maximiser = Maximiser(studio.networks, self.ascent)

    def design(self, person: Person, wish: Wish, tell: Tell) -> None:
        """Tells ``sketch`` before the search and between its steps, then ``designed``, with a film of each garment.

        The first sketch has the best of the drawn latents.

        Raises InputError if every start gave figures that are not finite.
        """
        ascent = dataclasses.replace(self.ascent, eta=wish.eta, steps=wish.steps, seed=wish.seed)

        def watch(step: int, latents: np.ndarray, records: np.ndarray) -> None:
            # The starts are in the order of their objectives; later steps have an objective each.
            best = np.argsort(-records[:, 0], kind="stable")[: self._garments]
            pictures = [as_url(one) for one in self._artist.pixels(latents[best], wish.category)]
            scores = [float(one) if np.isfinite(one) else None for one in records[best, 1]]
            tell("sketch", {"step": step, "of": wish.steps, "pictures": pictures, "scores": scores})

        [answer] = design(
            self._maximiser.at(wish.eta, wish.steps),
            ascent,
            person.query,
            self._studio.labels(np.array([wish.category])),
            self._garments,
            keep_way=True,
            progress=False,
            watch=watch,
        )
        chosen = answer.chosen
        if wish.diversity >= LEAST_DIVERSITY:
            draw = np.random.default_rng([wish.seed, 0])
            chosen = choose(
                answer.designs.best[:, 0].astype(np.float64) / wish.diversity, self._garments, "softmax", draw
            )
        if not len(chosen):
            raise InputError("every start gave figures that are not finite: the networks have diverged; train again")
        found = answer.designs.of(chosen)
        in_category = person.scores(self._studio.item_factors[self._studio.categories == wish.category])
        garments = []
        for row in range(len(chosen)):
            figures = dict(zip(RECORD, found.best[row].tolist(), strict=True))
            score = figures.pop("preference")
            shown = np.unique(np.linspace(0, found.best_step[row], FRAMES).round().astype(int))
            film = [as_url(one) for one in self._artist.pixels(found.way[shown, row], wish.category)]
            garments.append(
                {
                    "latent": found.latents[row].tolist(),
                    "category": self._studio.gan.category_names[wish.category],
                    "score": score,
                    **figures,
                    "better_than": float(np.mean(in_category < score)) if len(in_category) else None,
                    "picture": film[-1],
                    "film": film,
                    "film_steps": shown.tolist(),
                    "film_scores": found.records[shown, row, RECORD.index("preference")].tolist(),
                }
            )
        tell("designed", {"garments": garments, "dropped": answer.dropped})
