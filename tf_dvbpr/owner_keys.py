"""What an owner's keys and names stand for in a data set; where there is no such one, near ones are named."""

import difflib

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError


def split_keys(user: str, dataset: Dataset) -> list[str]:
    """The user keys of a flag's text, several with commas between; each once, in the order given."""
    # A key may itself hold a comma.
    return [user] if user in dataset.user_keys else list(dict.fromkeys(user.split(",")))


def find_user(key: str, dataset: Dataset) -> int:
    """The number of a user. Raises InputError for an unknown key."""
    found = np.flatnonzero(dataset.user_keys == key)
    if found.size:
        return int(found[0])
    near = difflib.get_close_matches(key, dataset.user_keys.tolist(), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"keys look like {dataset.user_keys[0]}"
    raise InputError(f"--user={key}: no such user in data set {dataset.name!r}; {hint}")


def items_of(category: str, dataset: Dataset) -> np.ndarray:
    """Which items are of a category, bool [I]. Raises InputError for an unknown name."""
    names = dataset.category_names
    if category not in names:
        listed = f"it has {', '.join(names)}" if names else "it has no categories; leave --category out"
        raise InputError(f"--category={category}: no such category in data set {dataset.name!r}; {listed}")
    return dataset.item_categories == names.index(category)
