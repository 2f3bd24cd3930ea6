"""Groups of users: an owner's own, from a CSV file, or clusters of their tastes."""

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
    """Some users.

    Attributes:
        name: of the group.
        members: int [n], ascending numbers of users, at least one.
        most_bought: share of their purchases in the category that they bought most.
        leaning: the same of the category whose share most exceeds that of all users' purchases.

    Both are None where items have no categories.
    """

    name: str
    members: np.ndarray
    most_bought: CategoryShare | None = None
    leaning: CategoryShare | None = None


def read_groups(file: str, dataset: Dataset) -> tuple[list[UserGroup], list[str]]:
    """The groups of a CSV file with the columns ``user`` and ``group``, a line a membership, largest group first.

    A user may be in several groups, or in none.

    Returns:
        (groups, the keys that no user of the data set has, in the file's order). Those are left out: a shop knows
        customers who bought too little to be in the data set.

    Raises:
        InputError: no such file, a column missing, an empty value, or not one known user.
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
    """k-means clusters of the users' taste vectors [U, D], largest first; ``cluster 1`` and so on.

    The vectors are brought to length 1: a user's ranking does not depend on the length. A cluster that k-means leaves
    empty is left out. The same factors give the same clusters.

    Args:
        user_factors: float [U, D].
        count: k, from 1 to U.
        dataset: whose purchases describe the clusters.

    Raises:
        InputError: `count` out of range.
    """
    if not 1 <= count <= len(user_factors):
        raise InputError(f"{option('clusters', count)}: from 0 to {len(user_factors)}, the number of users, expected")
    from scipy.cluster.vq import kmeans2  # scikit-image brings scipy along.

    tastes = np.asarray(user_factors, np.float64)
    lengths = np.linalg.norm(tastes, axis=1, keepdims=True)
    tastes = tastes / np.where(lengths > 0, lengths, 1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Users who are all alike make the first centres' odds 0 / 0 and leave clusters empty: no fault.
        warnings.simplefilter("ignore", UserWarning)
        labels = kmeans2(tastes, count, iter=_ITERATIONS, minit="++", seed=_SEED)[1]
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    largest_first = np.argsort(-sizes, kind="stable")
    clusters = {f"cluster {place}": np.flatnonzero(labels == label) for place, label in enumerate(largest_first, 1)}
    return _described(clusters, dataset)


def _described(members: dict[str, np.ndarray], dataset: Dataset) -> list[UserGroup]:
    """The groups, largest first, each with what its members bought."""
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
    """The share of each category among purchased items, float64 [C]."""
    categories = dataset.item_categories[items]
    counts = np.bincount(categories[categories >= 0], minlength=len(dataset.category_names))
    return counts / max(1, len(items))
