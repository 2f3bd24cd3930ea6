"""The files of a dataset folder's item features, and the writer that can be killed and goes on.

``features/NAME.npy`` holds float32 [I, F], row i for item id i; ``features/NAME.json`` says what they are::

    {"name": ..., "dim": F, "items": I, "dataset_fingerprint": ..., "made_by": {how they were made}}

Features are there when their JSON file is: it is written last. Other rows, one an item, are kept the same way in a
folder of their own.
"""

import io
import json
import os
import re
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.files.json_file import write_json

FOLDER = "features"
STORED = "items"  # the name of the features that lie in the TFRecords
NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST = 1e15  # of a row
_MEND = "pass --overwrite to replace them, or another --name"


class FeatureWriter:
    """Appends rows in item order. What a killed run had appended stays, and the next writer goes on behind it.

    Rows go to a hidden ``.NAME.npy.partial``; ``.NAME.json.partial`` says how many are safely there.

    Args:
        dataset: an open data set.
        name: letters, digits, _ and -, not ``items``.
        dim: F.
        made_by: how the rows are made, anything JSON holds; a writer goes on only where the one before had the same.
        overwrite: drop what another way of making them left unfinished and, at the end, replace features of this name.
        resume: whether to go on behind a killed run.
        folder: of the data set's, where the files go.
        dtype: of the numbers, as NumPy writes it.

    Attributes:
        done: rows there already; the next row appended is item `done`.

    Raises:
        InputError: a bad name, features of this name are there, or a run that made them in another way is unfinished.

    Two writers of one name would mix their rows: hold the folder (`folder_lock.locked`) where there may be two.
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
        self.done = self._done_before(len(header.getvalue()), overwrite) if resume else 0
        if not self.done:
            self._progress.unlink(missing_ok=True)
        self._file = self._rows.open("r+b" if self.done else "w+b")
        self._file.write(header.getvalue())
        self._file.seek(self.done * dim * self._dtype.itemsize, os.SEEK_CUR)
        self._file.truncate()

    def append(self, rows: np.ndarray) -> None:
        """Adds the rows of the next items, [n, F] or a single one [F], and sees them onto the disk.

        Raises:
            InputError: a value is NaN or infinite; names the item.
            ValueError: rows of another length, or more rows than items.
        """
        with np.errstate(over="ignore"):  # What is too large becomes infinite, and is refused below.
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
        """What is there already, [done, F], read-only; at least one row must be."""
        start = self._rows.stat().st_size - self.done * self._record["dim"] * self._dtype.itemsize
        return np.memmap(self._rows, self._dtype, "r", start, (self.done, self._record["dim"]))

    def finish(self) -> Path:
        """Gives the files their names; returns the .npy file's. ValueError while rows are missing."""
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
        """Closes the file and removes what was appended."""
        self.close()
        self._rows.unlink(missing_ok=True)
        self._progress.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file; what was appended stays for the next writer."""
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
            whole = type(done) is int and 0 <= done <= self._dataset.num_items
            whole &= self._rows.stat().st_size >= header_bytes + done * before["dim"] * self._dtype.itemsize
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return 0
        if before == self._record and whole:
            return done
        if before != self._record and not overwrite:
            raise InputError(
                f"{self._rows.parent}: an unfinished run of features called {self._name} has other settings "
                f"({difference(before, self._record)}); {_MEND}"
            )
        return 0


def check_name(name: str) -> str:
    """Returns `name`; raises InputError where it cannot name a file of features."""
    if not NAME.fullmatch(name):
        raise InputError(f"--name={name[:250]}: 1 to 200 letters, digits, _ and - expected")
    if name == STORED:
        raise InputError(f"--name={name}: this name means the features stored with the items; choose another")
    return name


def read_record(dataset: Dataset, name: str, folder: str = FOLDER) -> dict | None:
    """What NAME.json says, None where there is no such file. Raises InputError where it cannot be read."""
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
            "--overwrite"
        ) from error
    return record


def difference(old: dict, new: dict) -> str:
    """How two records differ, in words; "" where they do not."""
    flat = [{**record, **record["made_by"], "made_by": None} for record in (old, new)]
    names = [name for name in {**flat[0], **flat[1]} if flat[0].get(name) != flat[1].get(name)]
    there, now = ({name: _told(record.get(name)) for name in names} for record in flat)
    return ", ".join(f"{name} {there[name]} there, {now[name]} now" for name in names)


def _told(value: object) -> object:
    if value is None:
        return "none"
    return f"{value[:8]}..." if isinstance(value, str) and _HASH.fullmatch(value) else value


def check_finite(dataset: Dataset, rows: np.ndarray, start: int, where: str, dtype: object = "float32") -> None:
    """Raises InputError at the first of `rows`, those of the items from `start`, that is no vector to compute with.

    That is one with a value that is NaN or infinite, or of a length whose square comes near float32's bound.
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
    """Where features called `name` keep their ``npy`` or ``json``, or their unfinished state."""
    return dataset.path / folder / (f".{name}.{suffix}.partial" if partial else f"{name}.{suffix}")
