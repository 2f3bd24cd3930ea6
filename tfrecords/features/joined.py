"""Joins the features of several networks, so that none outweighs another."""

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.features.writer import check_finite

SEPARATOR = ","


def names_of(joined: str) -> list[str]:
    """Splits ``resnet50,lite0``. Raises InputError for an empty name, or the same name twice."""
    names = [name.strip() for name in joined.split(SEPARATOR)]
    if not all(names) or len(set(names)) < len(names):
        raise InputError(
            f"{option('features', joined)}: names of features, each once, with a comma between them expected, as in "
            "resnet50,lite0"
        )
    return names


def join(dataset: Dataset, blocks: dict[str, np.ndarray]) -> np.ndarray:
    """Concatenates features, each divided by the spread of its items.

    Block b becomes ``f_b / s_b`` with ``s_b^2 = mean_i |f_ib - mean_i f_ib|^2``. Then the items' mean squared distance
    from their mean is 1 in every block, whatever its length F_b and its network's units.

    Args:
        dataset: the data set, whose keys name items in messages.
        blocks: float32 [I, F_b] by name; none is the same for all items.

    Returns:
        float32 [I, sum of F_b].

    Raises:
        InputError: two blocks have different numbers of items, or a scaled value is not finite.
    """
    counts = {name: len(block) for name, block in blocks.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} has {count} items" for name, count in counts.items())
        raise InputError(
            f"{option('features', SEPARATOR.join(blocks))}: features of the same items expected, and {listed}"
        )
    joined = np.empty([next(iter(counts.values())), sum(block.shape[1] for block in blocks.values())], np.float32)
    start = 0
    for block in blocks.values():
        mean = block.mean(0, dtype=np.float64)
        spread = np.sqrt(sum(((row - mean) ** 2).sum() for row in block) / len(block))
        joined[:, start : start + block.shape[1]] = block / np.float32(spread)
        start += block.shape[1]
    check_finite(dataset, joined, 0, f"features {SEPARATOR.join(blocks)}")
    return joined
