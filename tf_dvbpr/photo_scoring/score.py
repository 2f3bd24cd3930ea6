"""Computes where new photos would rank in the catalogue, and which users and groups would like them most."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.photo_scoring import output as output_files
from tf_dvbpr.photo_scoring.config import DEFAULT_CLUSTERS, DEFAULT_USERS, ScorePhotosConfig
from tf_dvbpr.photo_scoring.embed import EmbeddedPhotos, embed_photos, files_of, shown_name
from tf_dvbpr.photo_scoring.results import Group, GroupScore, PhotoScore, PhotoScores, UserScore
from tf_dvbpr.photo_scoring.user_groups import UserGroup, cluster, read_groups
from tf_dvbpr.ranking.percentiles import count_below, score_scales
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tf_dvbpr.ranking.score_matrix import score_matrix
from tf_dvbpr.recommender.keys import find_user, items_of, split_keys
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError, option
from tfrecords.files.atomic_folder import check_output
from tfrecords.progress_bar import progress_bar

_PASS_BYTES = 2**28  # bytes of the int32 counts of some photos and all users


def score_photos(config: ScorePhotosConfig, progress: bool = True) -> PhotoScores:
    """Scores the photos of a folder and, with an output, writes the files described in `output`.

    With C the I items of the catalogue (or of the category), and Phi(p) the photo's style vector::

        percentile(u, p) = |{j in C : x(u, j) < x(u, p)}| / I        x(u, p) = t_u . Phi(p), of items and photos
        rank(u, p)       = 1 + |{j in C : x(u, j) >= x(u, p)}|       = 1 + I (1 - percentile(u, p))

    A photo's own figures are the mean percentile and the median rank over the users. The users and groups who would
    like it most are those with the highest (mean) percentile; among users with equal percentiles the higher score,
    standardised by `tf_dvbpr.ranking.percentiles.score_scales`, comes first.

    Args:
        config: what to score.
        progress: whether to show progress bars.

    Raises:
        InputError: a run without Phi, no readable photo, unknown users, category or files.
    """
    if config.output is not None:
        check_output(Path(config.output), output_files.KIND)
    files = files_of(Path(config.photos))
    workdir = Workdir.open(config.workdir, config.dataset)
    factors, dataset = workdir.factors().visual_part(), workdir.dataset()
    user_factors, item_factors = factors_for(factors, dataset)
    check_finite(user_factors, item_factors)
    if config.category is not None:
        item_factors = item_factors[items_of(config.category, dataset)]
        if not len(item_factors):
            raise InputError(f"{option('category', config.category)}: it has no items in data set {dataset.name!r}")
    if (config.users or 0) > len(user_factors):
        raise InputError(
            f"{option('users', config.users)}: from 0 to {len(user_factors)}, the number of users, expected"
        )
    groups, unknown, chosen = [], [], None
    if config.user is not None:
        chosen = [find_user(key, dataset) for key in split_keys(config.user, dataset)]
    elif config.groups is not None:
        groups, unknown = read_groups(config.groups, dataset)
    elif config.clusters != 0:
        count = min(DEFAULT_CLUSTERS, len(user_factors)) if config.clusters is None else config.clusters
        groups = cluster(user_factors, count, dataset)
    asked = np.arange(len(user_factors)) if chosen is None else np.array(chosen)
    photos = embed_photos(files, open_embedder(workdir), dataset, progress)
    most = min(DEFAULT_USERS if config.users is None else config.users, len(asked)) if chosen is None else len(asked)
    scorer = PhotoScorer(dataset.user_keys[asked], user_factors[asked], item_factors, groups, most)
    result = PhotoScores(
        data_set=dataset.name,
        step=factors.step,
        category=config.category,
        items=len(item_factors),
        users=len(asked),
        named_users=[str(dataset.user_keys[user]) for user in chosen or []],
        groups=[Group(group.name, len(group.members), group.most_bought, group.leaning) for group in groups],
        unknown_users=unknown,
        bad_files=photos.bad,
        photos=scorer.score(photos, progress),
    )
    if config.output is not None:
        output_files.write(result, {shown_name(path): path for path in photos.paths}, Path(config.output))
    return result


class PhotoScorer:
    """Scores photos for the same users, items and groups.

    Args:
        user_keys: [U], the keys of the scored users.
        user_factors: [U, D].
        item_factors: [I, D].
        groups: groups of users.
        most: number of users named for each photo.
    """

    def __init__(
        self,
        user_keys: np.ndarray,
        user_factors: np.ndarray,
        item_factors: np.ndarray,
        groups: list[UserGroup],
        most: int,
    ) -> None:
        self._keys, self._users, self._items = user_keys, user_factors, item_factors
        self._groups, self._most = groups, most
        self._means, self._deviations = score_scales(user_factors, item_factors)

    def score(
        self, photos: EmbeddedPhotos, progress: bool, tell: Callable[[int], object] | None = None
    ) -> list[PhotoScore]:
        """Returns the scores of every photo, the highest mean percentile first.

        Args:
            photos: the photos.
            progress: whether to show a progress bar.
            tell: called with the number of users of each block that is done, to report progress or to end it.
        """
        users, scores = len(self._keys), []
        # Photos x users may not fit in memory; each pass over the users takes as many photos as fit.
        size = max(1, _PASS_BYTES // (4 * users))
        starts = range(0, len(photos.paths), size)
        with progress_bar(total=users * len(starts), desc="ranking", unit="user", disable=not progress) as bar:
            for start in starts:
                vectors = photos.vectors[start : start + size]
                below = count_below(self._users, self._items, vectors, tell=tell or bar.update)
                paths = photos.paths[start : start + size]
                scores += [self._photo(*row) for row in zip(paths, vectors, below, strict=True)]
        return sorted(scores, key=lambda photo: (-photo.mean_percentile, photo.file))

    def _photo(self, path: Path, vector: np.ndarray, below: np.ndarray) -> PhotoScore:
        items = len(self._items)
        percentiles = below / items
        groups = [GroupScore(group.name, float(percentiles[group.members].mean())) for group in self._groups]
        return PhotoScore(
            file=shown_name(path),
            mean_percentile=float(percentiles.mean()),
            median_rank=float(items + 1 - np.median(below)),
            users=self._best_users(vector, below) if self._most else [],
            groups=sorted(groups, key=lambda group: -group.percentile),
        )

    def _best_users(self, vector: np.ndarray, below: np.ndarray) -> list[UserScore]:
        least = np.partition(below, len(below) - self._most)[len(below) - self._most]
        likely = np.flatnonzero(below >= least)
        scores = score_matrix(vector[None], self._users[likely])[0]  # users with equal factors have equal scores
        standardised = (scores - self._means[likely]) / self._deviations[likely]
        items = len(self._items)
        return [
            UserScore(
                user=str(self._keys[likely[place]]),
                percentile=float(below[likely[place]] / items),
                rank=int(items + 1 - below[likely[place]]),
                score=float(scores[place]),
                standardised_score=float(standardised[place]),
            )
            for place in np.lexsort([-standardised, -below[likely]])[: self._most]
        ]
