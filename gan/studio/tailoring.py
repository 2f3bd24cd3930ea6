"""Alters a photo's garment towards a person's taste while the page watches."""

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.search.config import TAILORING, InversionConfig, resolve
from gan.search.drift import drift
from gan.search.invert import Inverter
from gan.search.maximise import RECORD, Maximiser
from gan.studio.config import StudioConfig
from gan.studio.designing import FRAMES, Wish
from gan.studio.drawing import Artist, as_url
from gan.studio.jobs import Tell
from gan.studio.people import Person
from tfrecords.errors import InputError
from tfrecords.photos.decode import decode_photo, normalise

_INVERT_STARTS, _INVERT_CANDIDATES = 4, 64


class TailorsTable:
    """The search for a photo's latent and the ascent from it (paper, equations 12 and 10), compiled once.

    Args:
        studio: the two runs.
        config: the steps of the inversion.
        artist: draws.
    """

    def __init__(self, studio: Studio, config: StudioConfig, artist: Artist) -> None:
        self._studio, self._artist = studio, artist
        self._ascent = studio.settled(resolve("fast", {**TAILORING, "starts": 1, "candidates": 0}))
        self._inversion = InversionConfig(
            invert_starts=_INVERT_STARTS, invert_candidates=_INVERT_CANDIDATES, invert_steps=config.invert_steps
        )
        form = self._ascent.latent_form, self._ascent.start_deviation
        self._inverter = Inverter(studio.networks, self._inversion, *form)
        self._maximiser = Maximiser(studio.networks, self._ascent)

    def tailor(self, person: Person, encoded: bytes, wish: Wish, tell: Tell) -> None:
        """Tells ``copying`` while the garment's latent is searched, ``sketch`` while it is altered, then ``tailored``.

        The seed and the diversity of `wish` have no effect. Raises InputError for figures that are not finite.
        """
        studio, total = self._studio, self._inversion.invert_steps
        dataset, labels = studio.dataset, studio.labels(np.array([wish.category]))
        size = studio.networks.image_size
        photo = normalise(decode_photo(tf.constant(encoded), size, dataset.resize_filter, dataset.fit))[None]

        def copying(step: int, latents: np.ndarray, records: np.ndarray) -> None:
            best = latents[int(np.argmax(records[:, 0]))]
            tell("copying", {"step": step, "of": total, "picture": self._picture(best, wish)})

        found = self._inverter(photo, labels, progress=False, watch=copying)

        def altering(step: int, latents: np.ndarray, records: np.ndarray) -> None:
            score = float(records[0, 1]) if np.isfinite(records[0, 1]) else None
            sketch = {"step": step, "of": wish.steps, "pictures": [self._picture(latents[0], wish)], "scores": [score]}
            tell("sketch", sketch)

        maximiser = self._maximiser.at(wish.eta, wish.steps)
        designs = maximiser(tf.constant(found.latents), labels, person.query, keep_way=True, watch=altering)
        if not (np.isfinite(found.errors).all() and np.isfinite(designs.best).all()):
            raise InputError("the tailoring gave figures that are not finite: the networks have diverged; train again")
        shown = np.unique(np.linspace(0, wish.steps, FRAMES).round().astype(int))
        latents, records = designs.way[shown, 0], designs.records[shown, 0]
        images = self._artist.draw(latents, wish.category)
        drifts = drift(images, images[:1]).numpy().tolist()
        scores = records[:, RECORD.index("preference")].tolist()
        catalogue = person.scores(studio.item_factors)
        versions = [
            {
                "step": int(step),
                "score": score,
                "percentile": float(np.mean(catalogue < score)),
                "drift": far,
                "latent": latent.tolist(),
                "category": studio.gan.category_names[wish.category],
                "picture": as_url(pixels),
            }
            for step, score, far, latent, pixels in zip(
                shown, scores, drifts, latents, self._artist.pixels(latents, wish.category), strict=True
            )
        ]
        tell("tailored", {"versions": versions, "error": float(found.errors[0])})

    def _picture(self, latent: np.ndarray, wish: Wish) -> str:
        return as_url(self._artist.pixels(latent[None], wish.category)[0])
