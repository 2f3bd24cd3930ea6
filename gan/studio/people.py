"""Finds the people that a garment is designed for: users, groups of users, and guests."""

import dataclasses

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.search.taste import Taste
from tf_dvbpr.photo_scoring.user_groups import UserGroup, cluster
from tf_dvbpr.recommender.guest import guest_taste
from tfrecords.errors import InputError

MOST_USERS = 100  # named at once
_MOST_FACTOR = 1e6  # of a guest's taste; a larger number is none that `guest_taste` makes


@dataclasses.dataclass(frozen=True)
class Person:
    """One user, several users together, or a guest.

    Attributes:
        name: how the page calls them.
        taste: t float32 [K]; of several users the mean of theirs, so that their score is the mean score.
        members: int [n], the users' numbers; of a guest none.
        owned: int, ascending, the items that at least one of them owns.
    """

    name: str
    taste: np.ndarray
    members: np.ndarray
    owned: np.ndarray

    def scores(self, styles: np.ndarray) -> np.ndarray:
        """Computes ``t . f`` for style vectors [n, K]: float32 [n]."""
        return np.asarray(styles, np.float32) @ self.taste

    @property
    def query(self) -> Taste:
        """Returns the taste as the search takes it: one query of one member, the same shape for everybody."""
        one = tf.ones([1, 1])
        return Taste(tf.constant(self.taste[None, None]), one, tf.zeros_like(one), one)


class People:
    """All users of a run by their keys, and their groups.

    Args:
        studio: the two runs.
        clusters: number of groups; fewer if there are fewer users.
        ridge: of `tf_dvbpr.recommender.guest.guest_taste`.

    Attributes:
        groups: the groups, largest first.
    """

    def __init__(self, studio: Studio, clusters: int, ridge: float) -> None:
        self._studio, self._ridge = studio, ridge
        self._sorted = np.sort(studio.dataset.user_keys)
        self.groups: list[UserGroup] = cluster(
            studio.user_factors, min(clusters, len(studio.user_factors)), studio.dataset
        )

    def beginning_with(self, prefix: str, most: int) -> list[str]:
        """Returns the first keys, in order, that begin with a text."""
        first = int(np.searchsorted(self._sorted, prefix))
        return [key for key in self._sorted[first : first + most].tolist() if key.startswith(prefix)]

    def users(self, keys: list[str]) -> Person:
        """Returns one user, or several together. Raises InputError for an unknown key, too many keys or none."""
        keys = list(dict.fromkeys(keys))
        if not 1 <= len(keys) <= MOST_USERS:
            raise InputError(f"{len(keys)} users: expected from 1 to {MOST_USERS}; a group may have more")
        name = keys[0] if len(keys) == 1 else f"{len(keys)} people: {', '.join(keys[:3])}{', …' * (len(keys) > 3)}"
        return self._person(name, np.array([self._studio.user(key) for key in keys]))

    def group(self, name: str) -> Person:
        """Returns all users of a group. Raises InputError for an unknown name."""
        for group in self.groups:
            if group.name == name:
                return self._person(f"{name}, {len(group.members)} people", group.members)
        raise InputError(f"no such group: {name!r}; there are {', '.join(group.name for group in self.groups)}")

    def guest(self, taste: list[float]) -> Person:
        """Returns a guest of the given factors. Raises InputError if they are none of this recommender's."""
        dim, values = self._studio.user_factors.shape[1], np.asarray(taste, np.float64)
        if values.shape != (dim,) or not (np.abs(values) <= _MOST_FACTOR).all():
            raise InputError(f"a guest's taste: {dim} finite numbers expected, as the studio gave them")
        nobody = np.zeros(0, np.int64)
        return Person("the guest", values.astype(np.float32), nobody, nobody)

    def taste_for(self, styles: list[list[float]]) -> np.ndarray:
        """Fits a guest's taste to the style vectors of liked photos, [n, K]: float32 [K]. Raises InputError."""
        dim = self._studio.user_factors.shape[1]
        if any(len(style) != dim for style in styles):
            raise InputError(f"style vectors of {dim} numbers expected, as the studio gave them")
        liked = np.asarray(styles, np.float64).reshape(-1, dim)
        if not (np.abs(liked) <= _MOST_FACTOR).all():
            raise InputError("a style vector is not finite; upload the photo again")
        return guest_taste(liked, self._studio.item_factors, self._studio.user_factors, ridge=self._ridge)

    def _person(self, name: str, members: np.ndarray) -> Person:
        taste = self._studio.user_factors[members].mean(0)
        owned = np.unique(np.concatenate([self._studio.bought(int(user)) for user in members]))
        return Person(name, taste.astype(np.float32), members, owned)
