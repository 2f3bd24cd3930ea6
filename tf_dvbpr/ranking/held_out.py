"""The held-out purchases that a ranking is evaluated on, and the groups of them that have figures of their own."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfrecords.dataset import Dataset

SPLITS = ("validation", "test")
COLD_BELOW = 5  # an item is cold with fewer purchases in training than this


@dataclasses.dataclass(frozen=True, eq=False)
class HeldOut:
    """The held-out purchases of one split, in the order of the users.

    Attributes:
        split: ``validation`` or ``test``.
        num_users: U.
        users: int64 [P], the user of each purchase.
        items: int32 [P], its item.
        groups: bool [P] by the name of a group; see `groups_of`.
        new_users: with a split by date, the number of users whose held-out purchases are left out, because these users
            have no purchase in training.
    """

    split: str
    num_users: int
    users: np.ndarray
    items: np.ndarray
    groups: Mapping[str, np.ndarray]
    new_users: int = 0

    def per_user(self, values: np.ndarray, group: str = "all") -> np.ndarray:
        """Returns the mean of each user's values in a group: float [P] to float64 [U], NaN for users without one."""
        mine = self.groups[group]
        counts = np.bincount(self.users[mine], minlength=self.num_users)
        sums = np.bincount(self.users[mine], weights=values[mine], minlength=self.num_users)
        return np.divide(sums, counts, out=np.full(self.num_users, np.nan), where=counts > 0)


def groups_of(dataset: Dataset) -> tuple[str, ...]:
    """Returns the names of the groups of held-out purchases, in the order of columns.

    * ``all``: every purchase.
    * ``warm``: items with 5 or more purchases in training.
    * ``cold``: items with fewer than 5 purchases in training. Held-out purchases do not count.
    * ``unseen``, only with a split by date: items that nobody bought before the first day of the split. They are cold.
    """
    return ("all", "warm", "cold", *(("unseen",) if dataset.split_date else ()))


def held_out(dataset: Dataset, split: str) -> HeldOut:
    """Returns the held-out purchases of a data set's split. Raises ValueError for an unknown split.

    With a split by date, users without a purchase in training are left out, because no recommender here knows anything
    about them. `HeldOut.new_users` counts them.
    """
    indptr, items = dataset.held_out(split)
    users = np.repeat(np.arange(dataset.num_users), np.diff(indptr))
    new_users = 0
    if dataset.split_date:
        known = np.diff(dataset.train_indptr)[users] > 0
        new_users = len(np.unique(users[~known]))
        users, items = users[known], items[known]
    counts = dataset.item_counts[items]
    cold = counts < COLD_BELOW
    groups = {"all": np.ones(len(items), bool), "warm": ~cold, "cold": cold}
    if dataset.split_date:
        earlier = dataset.held_out("validation")[1] if split == "test" else []
        groups["unseen"] = (counts == 0) & ~np.isin(items, earlier)
    return HeldOut(split, dataset.num_users, users, items, groups, new_users)
