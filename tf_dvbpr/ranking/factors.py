"""The two matrices of a recommender, ``x(u, i) = U[u] . V[i]``, and their file."""

import dataclasses
import os
import zipfile
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.files.atomic_file import whole_file

_ARRAYS = ("user_factors", "item_factors", "user_keys", "item_keys")
_OTHERS = ("step", "visual", "unseen_bias")  # Each may be missing.


@dataclasses.dataclass(frozen=True)
class Factors:
    """A recommender as two matrices, with the external ids of their rows.

    Attributes:
        user_factors: float32 [U, D].
        item_factors: float32 [I, D].
        user_keys: unicode [U].
        item_keys: unicode [I].
        step: training step of the factors (0 without training, or if the file has no step).
        visual: the columns [first, last) of t_u and Phi in the rows of the whole predictor, ``[g_u, t_u, 1]`` and
            ``[g_i, Phi, b_i]``; None: all columns.
        unseen_bias: b_0, the bias of a photo that is no item.
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    user_keys: np.ndarray
    item_keys: np.ndarray
    step: int = 0
    visual: tuple[int, int] | None = None
    unseen_bias: float = 0.0

    def __post_init__(self) -> None:
        users, items = self.user_factors.shape, self.item_factors.shape
        if len(users) != 2 or len(items) != 2 or users[1] != items[1]:
            raise ValueError(f"factors must be [users, D] and [items, D] with one D; got {users} and {items}")
        if (users[0],) != self.user_keys.shape or (items[0],) != self.item_keys.shape:
            raise ValueError(
                f"one key a row: got {self.user_keys.shape} keys for {users[0]} users, "
                f"{self.item_keys.shape} for {items[0]} items"
            )
        if self.visual is not None:
            first, last = self.visual
            # Behind them at most a bias.
            if not (0 <= first < last <= users[1] <= last + 1 and np.isfinite(self.unseen_bias)):
                raise ValueError(f"visual: columns of the {users[1]} expected, with one more behind them at most")

    def visual_part(self) -> "Factors":
        """The same with the columns of t_u and Phi alone: ``t_u . Phi``, all there is to say of a photo as such.

        Designs, tailoring and the scores of new photos compare by it.
        """
        if self.visual is None:
            return self
        columns = slice(*self.visual)
        matrices = self.user_factors[:, columns], self.item_factors[:, columns]
        return Factors(*matrices, self.user_keys, self.item_keys, self.step)

    def photo_rows(self, styles: np.ndarray) -> np.ndarray:
        """Rows of V of photos that are no items, ``[0, Phi, b_0]``: style vectors float32 [N, K] to [N, D]."""
        if self.visual is None:
            return styles
        first, last = self.visual
        rows = np.zeros([len(styles), self.item_factors.shape[1]], np.float32)
        rows[:, first:last] = styles
        rows[:, last:] = self.unseen_bias
        return rows

    @property
    def style_dim(self) -> int:
        """K, the length of a style vector."""
        return self.item_factors.shape[1] if self.visual is None else self.visual[1] - self.visual[0]

    def save(self, path: str | os.PathLike) -> None:
        """Writes ``factors.npz`` atomically; it loads with allow_pickle=False."""
        others = {"step": np.int64(self.step)}
        if self.visual is not None:
            others |= {"visual": np.array(self.visual, np.int64), "unseen_bias": np.float32(self.unseen_bias)}
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **others, **{name: getattr(self, name) for name in _ARRAYS})

    def of_dataset(self, dataset: Dataset, where: str | os.PathLike) -> "Factors":
        """Returns factors with one row for each user and item of a data set, in its order; other rows are left out.

        Raises InputError, with the file's name `where`, for a key that is missing or appears twice.
        """
        users = _rows(self.user_keys, dataset.user_keys, f"{where}: user_keys", dataset)
        items = _rows(self.item_keys, dataset.item_keys, f"{where}: item_keys", dataset)
        matrices = self.user_factors[users], self.item_factors[items]
        rest = self.step, self.visual, self.unseen_bias
        return Factors(*matrices, dataset.user_keys, dataset.item_keys, *rest)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Factors":
        """Reads a file that `save` or another program wrote, which may lack the step and have whole numbers as keys.

        Raises InputError if the file is missing, cut short or of another kind.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError(
                f"{path}: no factors here. Train first (tools.train_dvbpr writes them at its first evaluation)"
            )
        try:
            if not zipfile.is_zipfile(path):
                raise ValueError("no whole .npz")
            with np.load(path, allow_pickle=False) as arrays:
                kinds = "".join(arrays[name].dtype.kind for name in _ARRAYS)
                if not (set(kinds[:2]) <= set("fiu") and set(kinds[2:]) <= set("Uiu")):
                    raise ValueError("two matrices of numbers and two lists of text expected")
                if {*_OTHERS} - {*arrays} and (bad := arrays.zip.testzip()) is not None:
                    raise ValueError(f"{bad} is damaged")  # An array may be missing, or have a damaged name.
                matrices, keys = _ARRAYS[:2], _ARRAYS[2:]
                others = {"step": int(arrays["step"])} if "step" in arrays else {}
                if "visual" in arrays:
                    first, last = map(int, arrays["visual"])
                    others |= {"visual": (first, last), "unseen_bias": float(arrays["unseen_bias"])}
                return cls(
                    **{name: arrays[name] for name in matrices},
                    **{name: arrays[name].astype(np.str_) for name in keys},
                    **others,
                )
        except (MemoryError, PermissionError):
            raise  # says nothing about the content
        # Damaged files make NumPy, zipfile and the decompressors raise classes that have no other base in common.
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"{path}: not a whole factors file ({reason}). A training's is made anew by "
                "its command once it is moved away; one of your own is what Factors.save writes"
            ) from error


def _rows(keys: np.ndarray, wanted: np.ndarray, where: str, dataset: Dataset) -> np.ndarray:
    names, counts = np.unique(keys, return_counts=True)
    if (counts > 1).any():
        raise InputError(f"{where}: {str(names[counts > 1][0])!r} is there twice; one row per key expected")
    rows = {key: row for row, key in enumerate(keys.tolist())}
    missing = [key for key in wanted.tolist() if key not in rows]
    if missing:
        raise InputError(
            f"{where}: {len(missing)} of the {len(wanted)} keys of data set {dataset.name!r} are missing, as "
            f"{missing[0]!r}; a row for each is expected"
        )
    return np.array([rows[key] for key in wanted.tolist()], np.int64)
