"""`tf_dvbpr.Recommender`."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np

    from tf_dvbpr.api.evaluate import Evaluation
    from tf_dvbpr.api.photos import Photos
    from tf_dvbpr.dvbpr.embedder import Embedder
    from tf_dvbpr.networks.backbone import Backbone
    from tf_dvbpr.networks.cnnf import CNNF
    from tf_dvbpr.ranking.factors import Factors
    from tf_dvbpr.recommender.recommend import Recommendation
    from tf_dvbpr.workdir import Workdir
    from tfrecords.dataset import Dataset


class Recommender:
    """A trained recommender, DVBPR or a baseline: ``x(u, i) = U[u] . V[i]``, for DVBPR ``V[i] = Phi(photo of i)``.

    >>> recommender = tf_dvbpr.Recommender.open("out/run")
    >>> recommender
    Recommender(DVBPR, 60 users, 90 items, K=8, step 5, 'out/run')

    Attributes:
        path: the workdir's folder.
        dataset: the data set that it was trained on.
        model: its name, such as ``DVBPR``.
        step: of the weights, those of the best validation.
        user_factors: float32 [U, K], a row each of `users`.
        item_factors: float32 [I, K], a row each of `items`.
    """

    def __init__(self, workdir: Workdir) -> None:
        from tf_dvbpr.ranking.score_checks import check_finite, factors_for

        self._workdir = workdir
        self.path: Path = workdir.path
        self._factors: Factors = workdir.factors()
        self.dataset: Dataset = workdir.dataset()
        self.user_factors, self.item_factors = factors_for(self._factors, self.dataset)
        check_finite(self.user_factors, self.item_factors)

    @classmethod
    def open(cls, workdir: str | os.PathLike[str]) -> Recommender:
        """Opens the workdir of a training. Raises InputError where there is none, or nothing was validated yet."""
        from tf_dvbpr.workdir import Workdir

        return cls(Workdir.open(workdir))

    def __repr__(self) -> str:
        sizes = f"{len(self.users)} users, {len(self.items)} items, K={self.item_factors.shape[1]}"
        return f"Recommender({self.model}, {sizes}, step {self.step}, {str(self.path)!r})"

    def __len__(self) -> int:
        """The number of items."""
        return len(self.items)

    @property
    def model(self) -> str:
        """The model's name as tables write it."""
        return self._workdir.model_name

    @property
    def step(self) -> int:
        """The training step of the weights."""
        return self._factors.step

    @property
    def users(self) -> list[str]:
        """The keys of all users."""
        return list(map(str, self.dataset.user_keys))

    @property
    def items(self) -> list[str]:
        """The keys of all items."""
        return list(map(str, self.dataset.item_keys))

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the items' categories."""
        return self.dataset.category_names

    @property
    def network(self) -> CNNF | Backbone:
        """Phi, with the best weights. CNN-F is a Keras model. Raises InputError for a baseline, which has none."""
        return self._embedder.network

    @overload
    def recommend(self, user: str, k: int = ..., category: str | None = ...) -> list[Recommendation]: ...

    @overload
    def recommend(
        self, user: list[str] | tuple[str, ...], k: int = ..., category: str | None = ...
    ) -> dict[str, list[Recommendation]]: ...

    def recommend(
        self, user: str | list[str] | tuple[str, ...], k: int = 10, category: str | None = None
    ) -> list[Recommendation] | dict[str, list[Recommendation]]:
        """The k best items of a user, all that the user is known to own left out.

        >>> best = tf_dvbpr.Recommender.open("out/run").recommend("u0", k=5)
        >>> len(best), best[0].rank, best[0].score >= best[1].score
        (5, 1, True)

        Args:
            user: the key of a user, or several.
            k: items a user, from 1 to the number of items.
            category: name of the category the items are to be of; None: any.

        Returns:
            Tuples (rank, item, category, score), best first, fewer than k where fewer items are left; of several users
            a list each, by their keys.

        Raises:
            InputError: an unknown user or category (near ones are named), `k` out of range.
        """
        from tf_dvbpr.recommender.recommend import best_items

        keys = [user] if isinstance(user, str) else list(dict.fromkeys(user))
        if not keys:
            return {}
        factors = self.user_factors, self.item_factors
        found = best_items(factors, self.dataset, self._own_items, keys, k, category)
        return found[user] if isinstance(user, str) else found

    @overload
    def score(self, user: str, items_or_photos: str | os.PathLike[str] | bytes) -> float: ...

    @overload
    def score(self, user: str, items_or_photos: list[Any] | tuple[Any, ...] | np.ndarray) -> np.ndarray: ...

    def score(self, user: str, items_or_photos: Photos) -> float | np.ndarray:
        """``x(u, i)`` of items, or of photos, which only DVBPR can score.

        >>> recommender = tf_dvbpr.Recommender.open("out/run")
        >>> recommender.score("u0", ["i3", "i4", "photo.jpg"]).shape
        (3,)

        Args:
            user: the key of a user.
            items_or_photos: an item's key, a photo as of `embed`, or a list of either. A text that is the key of an
                item means the item, any other a file.

        Returns:
            float32 [N]; a float for one item or photo.

        Raises:
            InputError: an unknown user, a text that is neither an item nor a file, a photo that cannot be read, a photo
                for a baseline.
        """
        import numpy as np

        from tf_dvbpr.api.photos import as_list
        from tf_dvbpr.recommender.keys import find_item, find_user

        row = find_user(user, self.dataset)
        wanted, single = as_list(items_or_photos)
        vectors = np.empty([len(wanted), self.item_factors.shape[1]], np.float32)
        photos: list[int] = []
        for place, one in enumerate(wanted):
            if isinstance(one, str) and (one in self._item_keys or not Path(one).is_file()):
                vectors[place] = self.item_factors[find_item(one, self.dataset)]
            else:
                photos.append(place)
        if photos:
            vectors[photos] = self.embed([wanted[place] for place in photos])
        scores = vectors @ self.user_factors[row]
        return float(scores[0]) if single else scores

    def embed(self, photos: Photos) -> np.ndarray:
        """Style vectors, computed as evaluation computes those of the items.

        >>> tf_dvbpr.Recommender.open("out/run").embed(["photo.jpg"]).shape
        (1, 8)

        Args:
            photos: a photo or several: paths, bytes of files of any format that Pillow reads, or pixels, uint8
                [H, W, 3], also all in one array [N, H, W, 3].

        Returns:
            float32 [N, K], N = 1 for a single photo.

        Raises:
            InputError: a baseline, which does not look at photos; a photo that cannot be read.
        """
        from tf_dvbpr.api.photos import as_list, embed

        return embed(as_list(photos)[0], self.item_factors.shape[1], self._embedder, self.dataset)

    def evaluate(self, *, progress: bool = True, **options: object) -> Evaluation:
        """The AUC beside RAND and PopRank: `tf_dvbpr.evaluate` of this workdir.

        >>> result = tf_dvbpr.Recommender.open("out/run").evaluate(progress=False, ties="half")
        >>> 0 <= result.validation <= 1
        True
        """
        from tf_dvbpr.api.evaluate import evaluate

        return evaluate(self.path, progress=progress, **options)

    def export(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Writes a SavedModel that TensorFlow alone can load and TensorFlow Serving can serve.

        >>> tf_dvbpr.Recommender.open("out/run").export("out/export/1").name
        '1'

        Args:
            path: the folder to make; end it in a version number for TensorFlow Serving.
            overwrite: replace a SavedModel that is there.

        Raises:
            InputError: `path` is taken, or cannot be written.
        """
        from tf_dvbpr.serving.config import ExportConfig
        from tf_dvbpr.serving.export import export

        export(ExportConfig(str(self.path), os.fspath(path), overwrite))
        return Path(path)

    @functools.cached_property
    def _embedder(self) -> Embedder:
        from tf_dvbpr.dvbpr.embedder import open_embedder

        return open_embedder(self._workdir)

    @functools.cached_property
    def _item_keys(self) -> frozenset[str]:
        return frozenset(self.items)

    @functools.cached_property
    def _own_items(self) -> tuple[np.ndarray, np.ndarray]:
        return self.dataset.own_items()
