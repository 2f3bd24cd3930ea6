"""Finds users, items and categories by their keys and names; for an unknown one, errors name similar ones."""

import difflib
from collections.abc import Collection, Sequence

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option


def split_keys(user: str | Sequence[str], dataset: Dataset) -> list[str]:
    """Returns the user keys of a flag's text, separated by commas, or of a list; each once, in the order given.

    Raises InputError if one of several is empty; no user has an empty key.
    """
    if not isinstance(user, str):
        return list(dict.fromkeys(user))
    known = set(dataset.user_keys.tolist())
    keys = split_names(user, known)
    if "" in keys and "" not in known:
        raise InputError(f"{option('user', user)}: an empty key in the list; keys with one comma between expected")
    return keys


def split_names(text: str, known: Collection[str]) -> list[str]:
    """Returns the names of a text, separated by commas; each once, in the order given.

    A name may itself contain commas: at each position the longest text that is one of `known` is taken.
    """
    parts, names = text.split(","), []
    most = 1 + max((name.count(",") for name in known), default=0)
    while parts:
        sizes = (size for size in range(min(len(parts), most), 0, -1) if ",".join(parts[:size]) in known)
        size = next(sizes, 1)
        names.append(",".join(parts[:size]))
        parts = parts[size:]
    return list(dict.fromkeys(names))


def find_user(key: str, dataset: Dataset) -> int:
    """Returns the number of a user. Raises InputError for an unknown key."""
    return _find("user", key, dataset.user_keys, dataset)


def find_item(key: str, dataset: Dataset) -> int:
    """Returns the number of an item. Raises InputError for an unknown key."""
    return _find("item", key, dataset.item_keys, dataset)


def items_of(category: str, dataset: Dataset) -> np.ndarray:
    """Returns which items belong to a category, bool [I]. Raises InputError for an unknown name."""
    names = dataset.category_names
    if category not in names:
        listed = f"it has {', '.join(names)}" if names else f"it has no categories; leave {option('category')} out"
        raise InputError(f"{option('category', category)}: no such category in data set {dataset.name!r}; {listed}")
    return dataset.item_categories == names.index(category)


def _find(kind: str, key: str, keys: np.ndarray, dataset: Dataset) -> int:
    found = np.flatnonzero(keys == key)
    if found.size:
        return int(found[0])
    near = difflib.get_close_matches(key, keys.tolist(), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"keys look like {keys[0]}"
    raise InputError(f"{option(kind, key)}: no such {kind} in data set {dataset.name!r}; {hint}")
