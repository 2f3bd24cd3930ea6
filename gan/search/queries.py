"""Searches designs for many queries at once; a query is the users and the category of a design."""

import dataclasses

import numpy as np
import tensorflow as tf

from gan.search.choice import choose
from gan.search.config import AscentConfig
from gan.search.latent_form import draw_starts
from gan.search.maximise import Designs, Maximiser, Watch
from gan.search.measures import best_starts
from gan.search.taste import Taste
from tf_dvbpr import stateless
from tfrecords.progress_bar import progress_bar


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The result of a query.

    Attributes:
        designs: the results of all its starts.
        chosen: int [k], which of them are shown, in the order of the choice; fewer if too many were dropped.
        dropped: number of starts whose figures were not finite at some step.
    """

    designs: Designs
    chosen: np.ndarray
    dropped: int


def design(
    maximiser: Maximiser,
    config: AscentConfig,
    taste: Taste,
    labels: tf.Tensor,
    k: int,
    numbers: np.ndarray | None = None,
    keep_way: bool = False,
    progress: bool = True,
    watch: Watch | None = None,
) -> list[Chosen]:
    """Searches the designs of Q queries, with the starts of all of them in one stream of batches.

    Args:
        maximiser: the search with its networks.
        config: the maximiser's settings.
        taste: the taste of Q queries.
        labels: float32 [Q, C], one-hot: their categories.
        k: images per query.
        numbers: int [Q]; a query's random draws depend only on the seed and its number. None: 0 for all, so that
            all searches start from the same latents.
        keep_way: keep the latents of all steps.
        progress: show a bar.
        watch: as of `gan.search.maximise.Maximiser`.

    Returns:
        One result per query. Except for rounding, it does not depend on the other queries.
    """
    queries = len(labels)
    numbers = np.zeros(queries, np.int64) if numbers is None else numbers
    starts = tf.concat([_starts(maximiser, config, taste, labels, row, numbers[row]) for row in range(queries)], 0)
    rows = tf.repeat(tf.range(queries), config.starts)
    total = -(-len(rows) // config.batch_size) * min(config.batch_size, len(rows)) * config.steps
    with progress_bar(total=total, desc="designing", unit="step", disable=not progress) as bar:
        designs = maximiser(starts, tf.gather(labels, rows), taste.rows(rows), keep_way=keep_way, bar=bar, watch=watch)
    answers = []
    for row in range(queries):
        own = designs.of(slice(row * config.starts, (row + 1) * config.starts))
        draw = np.random.default_rng([config.seed, int(numbers[row])])
        answers.append(Chosen(own, choose(own.best[:, 0], k, config.choice, draw), int(np.isnan(own.best[:, 0]).sum())))
    return answers


def _starts(
    maximiser: Maximiser,
    config: AscentConfig,
    taste: Taste,
    labels: tf.Tensor,
    row: int,
    number: int,
) -> tf.Tensor:
    seed = stateless.seed_of(config.seed, stateless.DESIGN, number)
    count = max(config.candidates, config.starts)
    drawn = draw_starts(seed, count, maximiser.networks.latent_dim, config.latent_form, config.start_deviation)
    if count == config.starts:
        return drawn
    rows = tf.fill([count], row)
    seen = maximiser.look(drawn, tf.gather(labels, rows), taste.rows(rows))
    return best_starts(drawn, seen, config.starts)
