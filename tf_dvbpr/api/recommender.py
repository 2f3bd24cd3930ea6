"""`tf_dvbpr.Recommender`."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np

    from tf_dvbpr.api.evaluate import Evaluation
    from tf_dvbpr.api.explanation import GarmentExplanation
    from tf_dvbpr.api.photos import Photo, Photos
    from tf_dvbpr.dvbpr.embedder import Embedder
    from tf_dvbpr.explanation.explainer import Explainer
    from tf_dvbpr.networks.backbone import Backbone
    from tf_dvbpr.networks.cnnf import CNNF
    from tf_dvbpr.ranking.factors import Factors
    from tf_dvbpr.recommender.recommend import Recommendation
    from tf_dvbpr.workdir import Workdir
    from tfrecords.dataset import Dataset


class Recommender:
    """A trained recommender, DVBPR or a baseline: ``x(u, i) = U[u] . V[i]``, for DVBPR ``V[i] = Phi(photo of i)``.

    DVBPR with biases or latent factors has them in further columns: ``[g_u, t_u, 1]`` and ``[g_i, Phi, b_i]``.

    >>> recommender = tf_dvbpr.Recommender.open("out/run")
    >>> recommender
    Recommender(DVBPR, 60 users, 90 items, K=8, step 5, 'out/run')

    Attributes:
        path: the workdir's folder.
        dataset: the data set that it was trained on.
        model: its name, such as ``DVBPR``.
        step: the step of the weights, which are those of the best validation.
        user_factors: float32 [U, D], one row for each of `users`; D = K for the paper's DVBPR.
        item_factors: float32 [I, D], one row for each of `items`.
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
        """Opens the workdir of a training. Raises InputError if there is none, or if nothing was validated yet."""
        from tf_dvbpr.workdir import Workdir

        return cls(Workdir.open(workdir))

    def __repr__(self) -> str:
        sizes = f"{len(self.users)} users, {len(self.items)} items, K={self.item_factors.shape[1]}"
        return f"Recommender({self.model}, {sizes}, step {self.step}, {str(self.path)!r})"

    def __len__(self) -> int:
        """Returns the number of items."""
        return len(self.items)

    @property
    def model(self) -> str:
        """Returns the model's name, as in tables."""
        return self._workdir.model_name

    @property
    def step(self) -> int:
        """Returns the training step of the weights."""
        return self._factors.step

    @property
    def users(self) -> list[str]:
        """Returns the keys of all users."""
        return list(map(str, self.dataset.user_keys))

    @property
    def items(self) -> list[str]:
        """Returns the keys of all items."""
        return list(map(str, self.dataset.item_keys))

    @property
    def categories(self) -> tuple[str, ...]:
        """Returns the names of the items' categories."""
        return self.dataset.category_names

    @property
    def network(self) -> CNNF | Backbone:
        """Returns Phi with the best weights; CNN-F is a Keras model. Raises InputError for a baseline."""
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
        """Returns the k best items of a user, without the items that the user owns in the data set.

        >>> best = tf_dvbpr.Recommender.open("out/run").recommend("u0", k=5)
        >>> len(best), best[0].rank, best[0].score >= best[1].score
        (5, 1, True)

        Args:
            user: the key of a user, or several.
            k: items per user, from 1 to the number of items.
            category: the category of the items; None: any.

        Returns:
            A list of tuples (rank, item, category, score), best first, fewer than k if fewer items are left; for
            several users a dict of such lists by key.

        Raises:
            InputError: an unknown user or category (similar ones are named), or `k` out of range.
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
        """Returns ``x(u, i)`` of items, or of photos, which only DVBPR can score: a photo's row is ``[0, Phi, b_0]``.

        >>> recommender = tf_dvbpr.Recommender.open("out/run")
        >>> recommender.score("u0", ["i3", "i4", "photo.jpg"]).shape
        (3,)

        Args:
            user: the key of a user.
            items_or_photos: an item's key, a photo as in `embed`, or a list of these. A text means an item if it is an
                item's key, and otherwise a file.

        Returns:
            float32 [N]; a float for one item or photo.

        Raises:
            InputError: an unknown user, a text that is neither an item nor a file, a photo that cannot be read, or a
                photo given to a baseline.
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
            vectors[photos] = self._factors.photo_rows(self.embed([wanted[place] for place in photos]))
        scores = vectors @ self.user_factors[row]
        return float(scores[0]) if single else scores

    def score_vectors(self, user: str, vectors: np.ndarray) -> np.ndarray:
        """Returns the scores of photos by their style vectors, as `embed` or tools.embed computed them.

        >>> recommender = tf_dvbpr.Recommender.open("out/run")
        >>> scores = recommender.score_vectors("u0", recommender.embed(["photo.jpg"]))
        >>> bool(scores[0] == recommender.score("u0", "photo.jpg"))
        True

        Args:
            user: the key of a user.
            vectors: float32 [N, K], style vectors of this recommender's own network.

        Returns:
            float32 [N], as `score` of the photos.

        Raises:
            InputError: an unknown user, or vectors of another length.
        """
        from tf_dvbpr.recommender.keys import find_user
        from tfrecords.errors import InputError

        row = find_user(user, self.dataset)
        if vectors.ndim != 2 or vectors.shape[1] != self._factors.style_dim:
            raise InputError(
                f"vectors: {list(vectors.shape)}; [photos, {self._factors.style_dim}] expected, style vectors of this "
                "recommender"
            )
        return self._factors.photo_rows(vectors) @ self.user_factors[row]

    def embed(self, photos: Photos) -> np.ndarray:
        """Returns style vectors of photos, computed in the same way as the evaluation computes those of the items.

        >>> tf_dvbpr.Recommender.open("out/run").embed(["photo.jpg"]).shape
        (1, 8)

        Args:
            photos: one or several photos: paths, bytes of files in any format that Pillow reads, or pixels, uint8
                [H, W, 3], or one array of photos [N, H, W, 3].

        Returns:
            float32 [N, K], N = 1 for a single photo.

        Raises:
            InputError: the model is a baseline, which does not use photos; or a photo cannot be read.
        """
        from tf_dvbpr.api.photos import as_list, embed

        return embed(as_list(photos)[0], self._factors.style_dim, self._embedder, self.dataset)

    def explain(
        self,
        user: str,
        item_or_photo: Photo,
        *,
        k: int = 4,
        steps: int = 128,
        attributes: str | os.PathLike[str] | None = None,
    ) -> GarmentExplanation:
        """Why a user likes or dislikes an item, or a photo: where, beside what they bought, and which attributes.

        >>> why = tf_dvbpr.Recommender.open("out/run").explain("u0", "i4", steps=32)
        >>> why.attributions.shape, why.heat_map().size
        ((32, 32), (256, 256))
        >>> difference = why.figures.score - why.figures.white_score
        >>> bool(abs(why.attributions.sum() - difference - why.figures.gap) < 1e-3)
        True

        Args:
            user: the key of a user.
            item_or_photo: the key of an item, or a photo as of `embed`. A text that is the key of an item means the
                item, any other a file.
            k: items named of each kind at most.
            steps: of the integral over the way from a white photo.
            attributes: a CSV file with the column item_id and a column an attribute; the data set's own if not given.

        Raises:
            InputError: an unknown user, a text that is neither an item nor a file, a photo or table that cannot be
                read, a baseline, which does not look at photos.
        """
        import numpy as np

        from tf_dvbpr.api.explanation import GarmentExplanation
        from tf_dvbpr.api.photos import as_file_bytes
        from tf_dvbpr.explanation.attribute_table import attributes_of
        from tf_dvbpr.explanation.explainer import Asked
        from tf_dvbpr.explanation.garment import item_garment, photo_garment
        from tf_dvbpr.recommender.keys import find_user

        explainer = self._explainer
        explainer.attributes = attributes_of(self.dataset, None if attributes is None else os.fspath(attributes))
        asked = Asked(user, np.array([find_user(user, self.dataset)]), False)
        shared = self.dataset, explainer.embedder
        if isinstance(item_or_photo, str) and (item_or_photo in self._item_keys or not Path(item_or_photo).is_file()):
            garment = item_garment(item_or_photo, *shared, explainer.factors)
        elif isinstance(item_or_photo, bytes | np.ndarray):
            garment = photo_garment(as_file_bytes(item_or_photo), *shared)
        else:
            garment = photo_garment(Path(item_or_photo), *shared)
        maps = explainer.maps(garment, explainer.taste(asked)[None], steps, ())
        figures = explainer.explain(garment, asked, maps, 0, k, {})
        return GarmentExplanation(figures, maps.maps["integrated_gradients"][0], garment.pixels)

    def evaluate(self, *, progress: bool = True, **options: object) -> Evaluation:
        """Returns the AUC beside RAND and PopRank: `tf_dvbpr.evaluate` for this workdir.

        >>> result = tf_dvbpr.Recommender.open("out/run").evaluate(progress=False, ties="half")
        >>> 0 <= result.validation <= 1
        True
        """
        from tf_dvbpr.api.evaluate import evaluate

        return evaluate(self.path, progress=progress, **options)

    def export(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Writes a SavedModel, which needs only TensorFlow; TensorFlow Serving can serve it.

        >>> tf_dvbpr.Recommender.open("out/run").export("out/export/1").name
        '1'

        Args:
            path: the folder to write; for TensorFlow Serving end it with a version number.
            overwrite: replace an existing SavedModel.

        Raises:
            InputError: `path` exists, or cannot be written.
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
    def _explainer(self) -> Explainer:
        from tf_dvbpr.dvbpr.embedder import open_embedder
        from tf_dvbpr.explanation.attribute_table import AttributeTable
        from tf_dvbpr.explanation.explainer import Explainer
        from tf_dvbpr.explanation.visual_factors import visual_factors

        embedder = open_embedder(self._workdir, "float32")
        return Explainer(self.dataset, embedder, visual_factors(self._factors, self.dataset), AttributeTable((), {}))

    @functools.cached_property
    def _item_keys(self) -> frozenset[str]:
        return frozenset(self.items)

    @functools.cached_property
    def _own_items(self) -> tuple[np.ndarray, np.ndarray]:
        return self.dataset.own_items()
