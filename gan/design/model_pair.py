"""Opens a trained recommender and a trained GAN together, for designs."""

import dataclasses
import functools
import hashlib
import sys

import numpy as np
import tensorflow as tf

from gan.categories import labelled
from gan.search.config import AUTO, AscentConfig
from gan.search.networks import Networks
from gan.search.taste import Taste
from gan.trained import TrainedGan, generate
from tf_dvbpr.dvbpr.embedder import Embedder, open_embedder
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tf_dvbpr.ranking.topk import top_k
from tf_dvbpr.recommender.keys import find_user
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option, prefixed
from tfrecords.progress_bar import write_line


class Studio:
    """The content of two workdirs that a design needs.

    Attributes:
        dataset: the recommender's data set.
        gan: the trained GAN.
        networks: generator, discriminator and Phi, in the given precision.
        embedder: Phi, for photos.
        user_factors: float32 [U, K], t_u.
        item_factors: float32 [I, K], Phi.
        categories: int32 [I], each item's category as the GAN's number, -1: none.
        recommender_step: training step of the recommender's weights.
        notes: remarks on the two runs, for example that their data sets differ; one line each.
    """

    def __init__(
        self, dataset: Dataset, gan: TrainedGan, embedder: Embedder, factors: tuple[np.ndarray, np.ndarray], step: int
    ) -> None:
        self.dataset, self.gan, self.embedder = dataset, gan, embedder
        self.user_factors, self.item_factors = factors
        self.recommender_step = step
        self.categories = labelled(dataset)[0]
        self.networks = Networks(
            generate=gan.generator,
            discriminate=gan.discriminator,
            embed=embedder.style_vectors,
            latent_dim=gan.config.latent_dim,
            num_categories=len(gan.category_names),
            image_size=gan.config.image_size,
            photo_size=embedder.image_size,
        )
        self.notes: list[str] = []

    @classmethod
    def open(
        cls,
        recommender: str,
        gan: str,
        precision: str | None = None,
        moved_to: str | None = None,
    ) -> "Studio":
        """Opens both workdirs and checks that they fit together; warns on standard error of a GAN under one epoch.

        Args:
            recommender: a workdir of tools.train_dvbpr.
            gan: a workdir of tools.train_gan.
            precision: the precision of all networks; None: each as in its training.
            moved_to: the new folder of the recommender's data set, if it was moved; None: where the training found it.

        Raises:
            InputError: one is no such workdir, is not trained yet, or does not use photos; the categories differ, or
                the way in which photos are made square.
        """
        with prefixed(option("recommender")):
            workdir = Workdir.open(recommender, moved_to)
            embedder = open_embedder(workdir, precision)
            dataset, factors = workdir.dataset(), workdir.factors().visual_part()
        with prefixed(option("gan")):
            trained = TrainedGan.open(gan, precision)
        matrices = factors_for(factors, dataset)
        check_finite(*matrices)
        others, notes = _check_fit(recommender, dataset, gan, trained)
        _warn_of_less_than_an_epoch(gan, trained, others)
        studio = cls(dataset, trained, embedder, matrices, factors.step)
        drawn, seen = trained.config.image_size, embedder.image_size
        if drawn != seen:
            how = "enlarged by nearest neighbour" if drawn < seen else "made smaller"
            notes.append(f"the GAN draws {drawn} pixels, the recommender looks at {seen}: images are {how} for it")
        studio.notes = notes
        return studio

    def made_for(self, config: object, ascent: AscentConfig) -> dict[str, object]:
        """Returns, as JSON, everything that determines what a tool makes of these two runs, except the output's path.

        Args:
            config: the tool's config, which has the fields ``output`` and ``ascent``.
            ascent: the field ``ascent`` with its latent form resolved.
        """
        return {
            **dataclasses.asdict(dataclasses.replace(config, output="", ascent=ascent, dataset=None)),
            "dataset": self.dataset.fingerprint,
            "factors": hashlib.sha256(self.user_factors.tobytes() + self.item_factors.tobytes()).hexdigest(),
            "gan": dataclasses.asdict(self.gan.config),
            "steps": [self.recommender_step, self.gan.step],
        }

    def settled(self, config: AscentConfig) -> AscentConfig:
        """Returns the config with its latent form resolved: `auto` is tanh for uniform, sphere for normal latents."""
        if config.latent_form != AUTO:
            return config
        form = "tanh" if self.gan.config.latent_distribution == "uniform" else "sphere"
        return dataclasses.replace(config, latent_form=form)

    def labels(self, categories: np.ndarray) -> tf.Tensor:
        """Returns the categories' numbers [N] one-hot, float32 [N, C]."""
        return self.gan.labels(categories)

    def user(self, key: str) -> int:
        """Returns the number of a user. Raises InputError for an unknown key."""
        return find_user(key, self.dataset)

    def taste(self, members: np.ndarray, weights: np.ndarray | None = None, group: str = "mean") -> Taste:
        """Returns the taste of users int [N, G]; see `gan.search.taste.Taste.of`."""
        if members.shape[1] == 1 and group == "mean":
            return self._single_tastes.rows(members[:, 0])
        return Taste.of(self.user_factors, self.item_factors, members, weights, group)

    def scores(self, user: int, items: np.ndarray) -> np.ndarray:
        """Returns ``t_u . Phi`` of some items: int [n] to float32 [n]."""
        return self.item_factors[items] @ self.user_factors[user]

    def retrieve(self, users: np.ndarray, category: int, k: int, owned: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Returns the k items of a category with each user's highest scores (eq. 8).

        Args:
            users: int [n].
            category: its number.
            k: items per user.
            owned: search all items of the category, as in eq. 8; otherwise leave out the user's own.

        Returns:
            (items int32 [n, k], scores float32 [n, k]); item -1 and NaN if fewer are left.
        """
        nothing = np.zeros(self.dataset.num_users + 1, np.int64), np.zeros(0, np.int32)
        known = nothing if owned else self._own
        return top_k(self.user_factors, self.item_factors, users, k, *known, self.categories == category)

    def bought(self, user: int, category: int | None = None) -> np.ndarray:
        """Returns all items that a user owns, of the given category or of all, in ascending order."""
        indptr, items = self._own
        own = items[indptr[user] : indptr[user + 1]]
        return own if category is None else own[self.categories[own] == category]

    def draw(self, latents: np.ndarray, category: int) -> tf.Tensor:
        """Draws images from latents float32 [N, Z] of a category: float32 [N, S, S, 3] in [-1, 1]."""
        return generate(self.gan.generator, latents, self.labels(np.full(len(latents), category)))

    @functools.cached_property
    def _single_tastes(self) -> Taste:
        # The catalogue's covariance is computed once, not again for every few users.
        everyone = np.arange(self.dataset.num_users)[:, None]
        return Taste.of(self.user_factors, self.item_factors, everyone)

    @functools.cached_property
    def _own(self) -> tuple[np.ndarray, np.ndarray]:
        return self.dataset.own_items()


def _check_fit(recommender: str, dataset: Dataset, gan: str, trained: TrainedGan) -> tuple[Dataset, list[str]]:
    """Returns the GAN's data set, and notes on how the two runs differ. Raises InputError if they do not fit."""
    if labelled(dataset)[1] != trained.category_names:
        raise InputError(
            f"{gan}: this GAN draws {_listed(trained.category_names)}; the items of {recommender} are "
            f"{_listed(labelled(dataset)[1])}. A design needs a GAN of the same categories: train one on {dataset.path}"
        )
    opened = Workdir.open(gan)
    if opened.config["dataset_fingerprint"] == dataset.fingerprint:
        return dataset, []
    other = opened.dataset()
    if other.fit != dataset.fit:
        raise InputError(
            f"{gan}: trained on photos brought to a square by '{other.fit}', {recommender} by '{dataset.fit}': a drawn "
            f"garment would not look like a photo to the recommender. Train a GAN on {dataset.path}"
        )
    return other, [f"the GAN was trained on another data set ({other.path}) than the recommender ({dataset.path})"]


def _warn_of_less_than_an_epoch(gan: str, trained: TrainedGan, dataset: Dataset) -> None:
    photos, seen = int(np.count_nonzero(labelled(dataset)[0] >= 0)), trained.step * trained.config.batch_size
    if seen < photos:
        line = f"its weights have seen {seen} photos, less than one epoch of {photos}: grey squares are what such a GAN"
        write_line(f"warning: the GAN {gan}: {line} draws; train it longer", file=sys.stderr)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
