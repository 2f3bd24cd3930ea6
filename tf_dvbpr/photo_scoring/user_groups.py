"""Groups of users: read from a CSV file, or clusters of their tastes."""

import dataclasses
import warnings
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.csv_table import CsvTable

_ENDINGS = (".csv.gz", ".csv")
_ITERATIONS = 100
_SEED = 0


@dataclasses.dataclass(frozen=True)
class CategoryShare:
    """A category, its share of a group's purchases and of all users' purchases, in [0, 1]."""

    category: str
    share: float
    of_all: float


@dataclasses.dataclass(frozen=True)
class UserGroup:
    """A group of users.

    Attributes:
        name: the group's name.
        members: int [n], ascending numbers of users, at least one.
        most_bought: the category that they bought most, with its share of their purchases.
        leaning: the category whose share exceeds its share of all users' purchases by most.

    Both are None if items have no categories.
    """

    name: str
    members: np.ndarray
    most_bought: CategoryShare | None = None
    leaning: CategoryShare | None = None


def read_groups(file: str, dataset: Dataset) -> tuple[list[UserGroup], list[str]]:
    """Reads the groups of a CSV file, largest first; its columns are ``user`` and ``group``, one membership per line.

    A user may be in several groups, or in none.

    Returns:
        (groups, the keys that are not in the data set, in the file's order). These are left out, since a shop also has
        customers who bought too little to be in the data set.

    Raises:
        InputError: no such file, a missing column, an empty value, or no known user.
    """
    ending = next((one for one in _ENDINGS if file.endswith(one)), None)
    if ending is None:
        raise InputError(
            f"{option('groups', file)}: a file whose name ends in {' or '.join(reversed(_ENDINGS))} expected"
        )
    path = Path(file)
    table = CsvTable(path.parent, path.name.removesuffix(ending))
    numbers = {key: number for number, key in enumerate(dataset.user_keys.tolist())}
    members: dict[str, set[int]] = {}
    unknown: dict[str, None] = {}
    for line, (user, group) in table.rows(("user", "group")):
        table.check_key(line, "user", user)
        table.check_key(line, "group", group)
        if user in numbers:
            members.setdefault(group.strip(), set()).add(numbers[user])
        else:
            unknown[user] = None
    if not members:
        raise InputError(
            f"{option('groups', file)}: not one of its {len(unknown)} users is in data set {dataset.name!r} (the first "
            f"is {next(iter(unknown))}, the data set's keys look like {dataset.user_keys[0]})"
        )
    return _described({name: np.array(sorted(some)) for name, some in members.items()}, dataset), list(unknown)


def cluster(user_factors: np.ndarray, count: int, dataset: Dataset) -> list[UserGroup]:
    """Returns k-means clusters of the users' taste vectors [U, D], largest first; ``cluster 1`` and so on.

    The vectors are scaled to length 1, since a user's ranking does not depend on the length. Empty clusters are left
    out. The same factors give the same clusters.

    Args:
        user_factors: float [U, D].
        count: k, from 1 to U.
        dataset: the data set with the purchases that describe the clusters.

    Raises:
        InputError: `count` out of range.
    """
    if not 1 <= count <= len(user_factors):
        raise InputError(f"{option('clusters', count)}: from 0 to {len(user_factors)}, the number of users, expected")
    from scipy.cluster.vq import kmeans2  # scikit-image installs scipy.

    tastes = np.asarray(user_factors, np.float64)
    lengths = np.linalg.norm(tastes, axis=1, keepdims=True)
    tastes = tastes / np.where(lengths > 0, lengths, 1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # If all users are alike, the first centres' odds are 0 / 0 and clusters are empty: this is no fault.
        warnings.simplefilter("ignore", UserWarning)
        labels = kmeans2(tastes, count, iter=_ITERATIONS, minit="++", seed=_SEED)[1]
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    largest_first = np.argsort(-sizes, kind="stable")
    clusters = {f"cluster {place}": np.flatnonzero(labels == label) for place, label in enumerate(largest_first, 1)}
    return _described(clusters, dataset)


def _described(members: dict[str, np.ndarray], dataset: Dataset) -> list[UserGroup]:
    """Returns the groups, largest first, each with what its members bought."""
    indptr, items = dataset.own_items()
    of_all = _shares(items, dataset)
    groups = []
    for name, users in members.items():
        shares = _shares(np.concatenate([items[indptr[user] : indptr[user + 1]] for user in users]), dataset)
        places = (shares.argmax(), (shares - of_all).argmax()) if shares.any() else ()
        found = [CategoryShare(dataset.category_names[at], float(shares[at]), float(of_all[at])) for at in places]
        groups.append(UserGroup(name, users, *found))
    return sorted(groups, key=lambda group: -len(group.members))


def _shares(items: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Returns the share of each category among purchased items, float64 [C]."""
    categories = dataset.item_categories[items]
    counts = np.bincount(categories[categories >= 0], minlength=len(dataset.category_names))
    return counts / max(1, len(items))
