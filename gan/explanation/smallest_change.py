"""Searches for the smallest change of a garment that raises a user's score to a goal."""

import dataclasses

import numpy as np
import tensorflow as tf

from gan.search.drift import drift
from gan.search.latent_form import to_latent, to_variable
from gan.search.maximise import Maximiser
from gan.search.taste import Taste

_NARROWINGS, _LINE = 5, 32


@dataclasses.dataclass(frozen=True)
class Change:
    """The result of the search.

    Attributes:
        latent: z, float32 [Z].
        score: the user's score of its image.
        realness: D of its image.
        drift: mean |image - image before| over pixels in [-1, 1].
        reached: whether the score reaches the goal; if not, the score is the highest that was found.
    """

    latent: np.ndarray
    score: float
    realness: float
    drift: float
    reached: bool


def smallest_change(
    maximiser: Maximiser, start: np.ndarray, labels: tf.Tensor, taste: Taste, goal: float, form: str
) -> Change:
    """Ascends from the garment's latent as tailoring does (paper, eq. 10), with ever tighter bounds on the drift.

    The first ascent has no bound. If it reaches the goal, the least drift of a step that does is an upper bound of the
    needed drift. Five further ascents bisect: each is bounded by the mean of this upper bound and the largest bound
    that was not enough. Last, 33 points of the straight line from the garment's latent to the best one are tried.

    Args:
        maximiser: the networks and the ascent's settings.
        start: z of the garment, float32 [1, Z].
        labels: float32 [1, C], one-hot.
        taste: one user's taste.
        goal: the score to reach.
        form: the form of z, one of `gan.search.config.FORMS`.
    """
    before = maximiser.networks.generate(tf.constant(start), labels)

    def nearest(latents: np.ndarray) -> Change:
        """Returns the latent that reaches the goal with the least drift, or else the one with the highest score."""
        scores, realness, drifts = look(tf.constant(latents))
        scores = np.where(np.isfinite(scores) & np.isfinite(realness), scores, -np.inf)
        reached = scores >= goal
        place = int(np.where(reached, drifts, np.inf).argmin() if reached.any() else scores.argmax())
        figures = (float(values[place]) for values in (scores, realness, drifts))
        return Change(latents[place], *figures, reached=bool(reached.any()))

    def look(latents: tf.Tensor) -> tuple[np.ndarray, ...]:
        networks, of_all = maximiser.networks, tf.repeat(labels, len(latents), 0)
        images = networks.generate(latents, of_all)
        scores = taste.rows(tf.zeros([len(latents)], tf.int32)).score(networks.style_vectors(images))
        return scores.numpy(), networks.discriminate(images, of_all).numpy(), drift(images, before).numpy()

    def ascend(most: float | None) -> Change:
        return nearest(maximiser(tf.constant(start), labels, taste, max_drift=most, keep_way=True).way[:, 0])

    best = ascend(None)
    too_little = 0.0
    if not best.reached or best.drift == 0:
        return best
    for _ in range(_NARROWINGS):
        bound = (too_little + best.drift) / 2
        found = ascend(bound)
        if found.reached:
            best = found if found.drift < best.drift else best
        else:
            too_little = bound
    first, last = (to_variable(tf.constant(latent), form) for latent in (start, best.latent[None]))
    shares = tf.linspace(0.0, 1.0, _LINE + 1)[:, None]
    straight = nearest(to_latent(first + shares * (last - first), form).numpy())
    return straight if straight.reached and straight.drift < best.drift else best
