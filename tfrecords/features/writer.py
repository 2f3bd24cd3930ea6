"""Writes the files of a dataset folder's item features; a writer resumes after a kill.

``features/NAME.npy`` holds float32 [I, F], row i for item id i; ``features/NAME.json`` says what they are::

    {"name": ..., "dim": F, "items": I, "dataset_fingerprint": ..., "made_by": {how they were made}}

Features exist once their JSON file exists, because it is written last. Other arrays with one row per item, such as
activations, are kept in the same way in another folder.
"""

import io
import json
import os
import re
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.json_file import write_json

FOLDER = "features"
STORED = "items"  # the name of the features that are stored in the TFRecords
NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_HASH = re.compile(r"[0-9a-f]{64}")
_AND = ", then "
_LONGEST = 1e15  # largest length of a row
_MEND = f"pass {option('overwrite')} to replace them, or another {option('name')}"


class FeatureWriter:
    """Appends rows in item order. After a kill, the next writer keeps the rows that are there and continues after them.

    Rows go to a hidden file ``.NAME.npy.partial``; ``.NAME.json.partial`` says how many are safely on disk.

    Args:
        dataset: an open data set.
        name: letters, digits, _ and -, not ``items``.
        dim: F.
        made_by: how the rows are made, as JSON; a writer resumes only if the killed run had the same.
        overwrite: drop unfinished rows that were made in another way and, at the end, replace features of this name.
        resume: whether to continue after the rows of a killed run.
        folder: the folder of the data set that the files go to.
        dtype: NumPy's name of the numbers' type.
        joined: names within `made_by` in which a killed run may differ; the record then has both values.

    Attributes:
        done: number of rows already there; the next appended row is item `done`.

    Raises:
        InputError: the name is bad, features of this name exist, or a run that made them in another way is unfinished.

    Two writers of one name would mix their rows: lock the folder (`folder_lock.locked`) if there may be two.
    """

    def __init__(
        self,
        dataset: Dataset,
        name: str,
        dim: int,
        made_by: dict,
        overwrite: bool = False,
        resume: bool = True,
        folder: str = FOLDER,
        dtype: str = "<f4",
        joined: tuple[str, ...] = (),
    ) -> None:
        self._dataset, self._name, self._folder, self._dtype = dataset, name, folder, np.dtype(dtype)
        if not overwrite and read_record(dataset, check_name(name), folder) is not None:
            raise InputError(f"{self._path('json')}: features of this name are here already; {_MEND}")
        self._record = {
            "name": check_name(name),
            "dim": dim,
            "items": dataset.num_items,
            "dataset_fingerprint": dataset.fingerprint,
            "made_by": json.loads(json.dumps(made_by)),  # as the next writer will read it
        }
        header = io.BytesIO()
        shape = {"descr": dtype, "fortran_order": False, "shape": (dataset.num_items, dim)}
        np.lib.format.write_array_header_1_0(header, shape)
        self._rows, self._progress = self._path("npy", partial=True), self._path("json", partial=True)
        self._rows.parent.mkdir(exist_ok=True)
        self._joined = joined
        self.done = self._done_before(len(header.getvalue()), overwrite) if resume else 0
        if not self.done:
            self._progress.unlink(missing_ok=True)
        self._file = self._rows.open("r+b" if self.done else "w+b")
        self._file.write(header.getvalue())
        self._file.seek(self.done * dim * self._dtype.itemsize, os.SEEK_CUR)
        self._file.truncate()

    def append(self, rows: np.ndarray) -> None:
        """Appends the rows of the next items, [n, F] or a single row [F], and waits until they are on disk.

        Raises:
            InputError: a value is NaN or infinite; names the item.
            ValueError: a row has another length, or there are more rows than items.
        """
        with np.errstate(over="ignore"):  # A value that is too large becomes infinite, and is refused below.
            rows = np.ascontiguousarray(np.atleast_2d(rows), self._dtype)
        shape = (self._dataset.num_items, self._record["dim"])
        if rows.shape[1:] != shape[1:] or self.done + len(rows) > shape[0]:
            raise ValueError(f"rows {list(rows.shape)} after {self.done} of {list(shape)}")
        check_finite(
            self._dataset, np.asarray(rows, np.float32), self.done, f"{self._folder} {self._name}", self._dtype
        )
        self._file.write(rows)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done += len(rows)
        write_json(self._progress, {**self._record, "done": self.done})

    @property
    def rows(self) -> np.ndarray:
        """Returns the rows that are there already, [done, F], read-only; needs at least one."""
        start = self._rows.stat().st_size - self.done * self._record["dim"] * self._dtype.itemsize
        return np.memmap(self._rows, self._dtype, "r", start, (self.done, self._record["dim"]))

    def finish(self) -> Path:
        """Gives the files their final names and returns the path of the .npy file. ValueError if rows are missing."""
        if self.done != self._dataset.num_items:
            raise ValueError(f"{self.done} rows appended, {self._dataset.num_items} items")
        self.close()
        rows, record = self._path("npy"), self._path("json")
        record.unlink(missing_ok=True)
        self._rows.replace(rows)
        write_json(record, self._record)
        self._progress.unlink(missing_ok=True)
        return rows

    def discard(self) -> None:
        """Closes the file and removes the appended rows."""
        self.close()
        self._rows.unlink(missing_ok=True)
        self._progress.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file; the next writer finds the appended rows."""
        self._file.close()

    def __enter__(self) -> "FeatureWriter":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _path(self, suffix: str, partial: bool = False) -> Path:
        return feature_file(self._dataset, self._name, suffix, partial, self._folder)

    def _done_before(self, header_bytes: int, overwrite: bool) -> int:
        try:
            before = json.loads(self._progress.read_text(encoding="utf-8"))
            done = before.pop("done")
            whole = isinstance(before["made_by"], dict) and type(done) is int and 0 <= done <= self._dataset.num_items
            whole &= self._rows.stat().st_size >= header_bytes + done * before["dim"] * self._dtype.itemsize
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return 0
        apart = [
            {**one, "made_by": {**one["made_by"], **dict.fromkeys(self._joined)}} for one in (before, self._record)
        ]
        if apart[0] == apart[1] and whole:
            if done:
                self._record["made_by"].update(self._both(before["made_by"]))
            return done
        if before != self._record and not overwrite:
            raise InputError(
                f"{self._rows.parent}: an unfinished run of features called {self._name} has other settings "
                f"({difference(before, self._record)}); {_MEND}"
            )
        return 0

    def _both(self, before: dict) -> dict[str, str]:
        """Returns the joined values of an earlier run and of this one; an earlier value may name several already."""
        now = self._record["made_by"]
        names = [name for name in self._joined if name in now]
        both = {name: [*str(before.get(name, "not recorded")).split(_AND), now[name]] for name in names}
        return {name: _AND.join(dict.fromkeys(values)) for name, values in both.items()}


def check_name(name: str) -> str:
    """Returns `name`; raises InputError if it cannot be the name of a file of features."""
    if not NAME.fullmatch(name):
        raise InputError(f"{option('name', name[:250])}: 1 to 200 letters, digits, _ and - expected")
    if name == STORED:
        raise InputError(f"{option('name', name)}: this name means the features stored with the items; choose another")
    return name


def read_record(dataset: Dataset, name: str, folder: str = FOLDER) -> dict | None:
    """Returns the content of NAME.json, None if there is no such file. Raises InputError if it cannot be read."""
    path = feature_file(dataset, name, "json", folder=folder)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not (
            type(record["dim"]) is type(record["items"]) is int
            and isinstance(record["dataset_fingerprint"], str)
            and isinstance(record["made_by"], dict)
        ):
            raise ValueError("two counts, a fingerprint and what made them expected")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: no whole description of features ({error}); tools.extract_features makes them anew with "
            f"{option('overwrite')}"
        ) from error
    return record


def difference(old: dict, new: dict) -> str:
    """Returns in words how two records differ; "" if they do not."""
    flat = [{**record, **record["made_by"], "made_by": None} for record in (old, new)]
    names = [name for name in {**flat[0], **flat[1]} if flat[0].get(name) != flat[1].get(name)]
    there, now = ({name: _short(record.get(name)) for name in names} for record in flat)
    return ", ".join(f"{name} {there[name]} there, {now[name]} now" for name in names)


def _short(value: object) -> object:
    if value is None:
        return "none"
    return f"{value[:8]}..." if isinstance(value, str) and _HASH.fullmatch(value) else value


def check_finite(dataset: Dataset, rows: np.ndarray, start: int, where: str, dtype: object = "float32") -> None:
    """Raises InputError at the first of `rows` that cannot be used in computations; the first row is item `start`.

    Such a row has a value that is NaN or infinite, or a length whose square is near float32's maximum.
    """
    usable = np.einsum("if,if->i", rows, rows) < _LONGEST**2
    if not usable.all():
        row = start + int(np.argmin(usable))
        what = (
            f"is longer than {_LONGEST:.0e}"
            if np.isfinite(rows[row - start]).all()
            else "has a value that is NaN or infinite"
        )
        raise InputError(f"{where}: row {row}, item {dataset.item_keys[row]}, {what}; finite {dtype} expected")


def feature_file(dataset: Dataset, name: str, suffix: str, partial: bool = False, folder: str = FOLDER) -> Path:
    """Returns the path of the ``npy`` or ``json`` file of the features `name`, or of its unfinished state."""
    return dataset.path / folder / (f".{name}.{suffix}.partial" if partial else f"{name}.{suffix}")
