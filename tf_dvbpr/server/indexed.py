"""Answers `recommend` by the index beside a SavedModel."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.approximate.codes import Codes
from tf_dvbpr.approximate.files import read_codes, read_figures
from tf_dvbpr.approximate.recall import BEST
from tf_dvbpr.server.signature import Signature, errors_of_requests

_NAMES = ("recommend", "serving_default")
_EXACT = "recommend_exact"
_BLOCK_USERS = 64  # users at once, which bounds the memory


def use_index(
    folder: Path, loaded: object, signatures: dict[str, Signature], index_from: int, say: Callable[[str], object]
) -> None:
    """Replaces the `recommend` of a model that was exported with an index.

    Of fewer than `index_from` items all are scored. Of more, the codes beside the model are searched; if there are none
    or faiss is not installed, the lists in the model are.

    Args:
        folder: the SavedModel's.
        loaded: the SavedModel.
        signatures: its signatures by name; changed in place.
        index_from: the number of items.
        say: prints a line.

    Raises:
        InputError: the index is of other factors, or damaged.
    """
    if not hasattr(loaded, "index_fingerprint"):
        return
    fingerprint = bytes(loaded.index_fingerprint.numpy().tolist()).hex()
    figures = read_figures(folder, fingerprint)
    exact = signatures[_EXACT]
    if figures.items < index_from:
        found: Signature | None = exact
    elif figures.digest is None:
        found = None
    elif importlib.util.find_spec("faiss") is None:
        say(f"{folder}: faiss-cpu (extra ann) is not installed; recommend is answered by the slower index in the model")
        found = None
    else:
        found = IndexedSignature(exact, loaded, read_codes(folder, figures), figures.counts)
        found({"user_keys": np.array([b""], object), "k": np.array(1), "category": np.array(b"", object)})  # warms up
    for name in _NAMES:
        if found is not None and name in signatures and signatures[name].is_like(exact):
            signatures[name] = found.renamed(name)


class IndexedSignature(Signature):
    """`recommend` by `Codes`.

    The SavedModel says which lists to read for the users, the codes promise some items of these lists, and the
    SavedModel ranks these items by their exact scores, without those that a user owns and those of other categories. If
    fewer than k are left for a user, it scores all items for that user.

    Args:
        exact: the signature that scores all items; it answers what the index was not measured for: a k over `BEST`,
            and categories without a count.
        loaded: the SavedModel.
        codes: the codes.
        counts: number of items that the codes promise, by the category's name, "" for all items.
    """

    def __init__(self, exact: Signature, loaded: object, codes: Codes, counts: dict[str, int]) -> None:
        self.name, self.inputs, self.outputs, self.joins = exact.name, exact.inputs, exact.outputs, exact.joins
        self._exact, self._loaded, self._codes, self._counts = exact, loaded, codes, counts

    def __call__(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the signature as `Signature` does."""
        users, k, category = arrays["user_keys"], int(arrays["k"]), arrays["category"].item()
        count = self._counts.get(category.decode("utf-8", "replace"), 0)
        if not (len(users) and 0 < k <= BEST and count):
            return self._exact(arrays)
        with errors_of_requests():
            parts = [
                self._some(users[start : start + _BLOCK_USERS], k, category, count)
                for start in range(0, len(users), _BLOCK_USERS)
            ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _some(self, users: np.ndarray, k: int, category: bytes, count: int) -> dict[str, np.ndarray]:
        keys, name = tf.constant(users, tf.string), tf.constant(category, tf.string)
        near = {part: tensor.numpy() for part, tensor in self._loaded.index_near(keys, name).items()}
        # As many more as the user owns; in a batch, each user gets what the user would get alone.
        counts = count + near["owned"]
        found = self._codes.near(near["rows"], near["lists"], int(counts.max()))
        found[np.arange(found.shape[1]) >= counts[:, None]] = -1
        found.sort(axis=1)
        answer = self._loaded.index_answer(keys, tf.constant(found), tf.constant(k, tf.int32), name)
        return {part: tensor.numpy() for part, tensor in answer.items()}
