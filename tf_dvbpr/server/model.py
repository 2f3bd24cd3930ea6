"""Loads the newest complete version of a model, and replaces it while requests run."""

import dataclasses
import gc
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.server.config import INDEX_FROM
from tf_dvbpr.server.indexed import use_index
from tf_dvbpr.server.metadata import signature_defs
from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.signature import Signature, signatures_of
from tf_dvbpr.server.versions import Version, check_model_folder, find_versions
from tfrecords.errors import InputError, option

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class LoadedVersion:
    """A version in memory. A running request holds a reference, so it ends with the version that it began with.

    Attributes:
        number: the version's number.
        state: `Version.state` of its folder when it was loaded.
        signatures: the signatures by name.
        metadata: the signatures' definitions, as TensorFlow Serving reports them.
    """

    number: int
    state: tuple
    signatures: dict[str, Signature]
    metadata: dict

    def signature(self, name: str) -> Signature:
        """Returns a signature. Raises RequestError, status 400, if there is none of that name."""
        if name not in self.signatures:
            raise RequestError(400, f'Serving signature name: "{name}" not found in signature def')
        return self.signatures[name]


class Model:
    """The highest version in a folder that is complete and can be loaded.

    A version with a list of its files, which our exports write, is complete if every file of the list is as it was
    written. A version without a list is complete if it has `saved_model.pb` and all files of `variables/`, nothing
    changed between two checks, and TensorFlow, which checks the variables' checksums, can load it. Until the new
    version is complete, the previous one is served.

    Args:
        folder: the folder of the versions.
        name: the model's name in URLs.
        say: prints a line.
        observe: called with the number of each loaded version, or with None after a failure.
        index_from: an index is used if there are so many items or more.

    Raises:
        InputError: there is no version, or none can be loaded.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        say: Callable[[str], object],
        observe: Callable[[int | None], object],
        index_from: int = INDEX_FROM,
    ) -> None:
        self.name = name
        self._index_from = index_from
        self._folder, self._say, self._observe = folder, say, observe
        self._current: LoadedVersion | None = None
        self._refused: dict[int, tuple[tuple, str]] = {}  # version to its state when it was refused, and the reason
        self._seen: dict[int, tuple] = {}  # version to its state at the last check
        self._missed = 0  # number of checks since the served version's folder was last seen
        check_model_folder(folder)
        self.look(first=True)
        if self._current is None:
            number = max(self._refused)
            raise InputError(
                f"{option('model', folder)}: no whole version; {folder}/{number}: {self._refused[number][1]}; copy it "
                "again, or export it anew with tools.export_saved_model"
            )

    @property
    def current(self) -> LoadedVersion:
        """Returns the served version."""
        return self._current

    def get(self, name: str, number: int | None) -> LoadedVersion:
        """Returns the version that a request asks for.

        Args:
            name: the model's name in the request.
            number: the version; None: the served one.

        Raises:
            RequestError: status 404, the model has another name, or the version is not served.
        """
        current = self._current
        if name != self.name or number not in (None, current.number):
            asked = f"Latest({name})" if number is None else f"Specific({name}, {number})"
            raise RequestError(404, f"Servable not found for request: {asked}")
        return current

    def statuses(self, name: str, number: int | None) -> list[tuple[int, str, str]]:
        """Returns (version, state, message) of the served and the refused versions, the highest first.

        Args:
            name: the model's name in the request.
            number: only this version; None: all.

        Raises:
            RequestError: status 404, there is no such model or version.
        """
        if name != self.name:
            which = "any versions" if number is None else f"version {number}"
            raise RequestError(404, f"Could not find {which} of model {name}")
        current = self._current
        found = {version: (version, "END", fault) for version, (_, fault) in self._refused.copy().items()}
        found[current.number] = (current.number, "AVAILABLE", "")
        if number is not None and number not in found:
            raise RequestError(404, f"Could not find version {number} of model {name}")
        return [found[version] for version in sorted(found, reverse=True) if number in (None, version)]

    def watch(self, seconds: float, stop: threading.Event) -> None:
        """Checks for a new version every `seconds` until `stop` is set."""
        while not stop.wait(seconds):
            try:
                self.look()
            except Exception:  # Otherwise no later version would ever be served.
                _log.exception("%s: the check for a new version failed; the next one follows", self._folder)

    def look(self, first: bool = False) -> None:
        """Loads the highest complete version, unless it is served already.

        Args:
            first: whether to load a version without a list at once, instead of at the second check.
        """
        found = find_versions(self._folder)
        self._refused = {one.number: self._refused[one.number] for one in found if one.number in self._refused}
        served = self._current.number if self._current else None
        self._missed = 0 if served in {one.number for one in found} else self._missed + 1
        for version in found:
            if self._is_served(version) or (served and version.number < served and self._missed < 2):
                break
            if self._refused.get(version.number, ((), ""))[0] == version.state:
                continue
            if version.fault:
                self._refuse(version, version.fault)
                continue
            is_at_rest = first or version.listed or self._seen.get(version.number) == version.state
            if is_at_rest and self._load(version):
                break
        self._seen = {one.number: one.state for one in found}

    def _is_served(self, version: Version) -> bool:
        return self._current is not None and (version.number, version.state) == (
            self._current.number,
            self._current.state,
        )

    def _refuse(self, version: Version, fault: str) -> None:
        if self._refused.get(version.number, ((), ""))[1] != fault:
            self._say(f"{version.folder}: not served: {fault}")
        self._refused[version.number] = version.state, fault

    def _load(self, version: Version) -> bool:
        started = time.perf_counter()
        try:
            loaded = _load(version, self._index_from, self._say)
        except Exception as error:  # TensorFlow raises many kinds of errors on damaged files.
            lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            self._refuse(version, f"it cannot be loaded: {lines[0][:300]}")
            self._observe(None)
            return False
        self._current = loaded
        self._refused.pop(version.number, None)
        self._observe(version.number)
        names = ", ".join(name for name in loaded.signatures if name != "serving_default") or "serving_default"
        self._say(
            f"{self.name}: version {version.number} is served, loaded in {time.perf_counter() - started:.1f} s; "
            f"signatures {names}"
        )
        gc.collect()  # Frees the previous version, unless a request still runs on it.
        return True


def _load(version: Version, index_from: int, say: Callable[[str], object]) -> LoadedVersion:
    definitions = signature_defs(version.folder)
    saved = tf.saved_model.load(str(version.folder))
    signatures = signatures_of(saved)
    use_index(version.folder, saved, signatures, index_from, say)
    for signature in signatures.values():
        if signature.joins:
            _warm(signature)
    return LoadedVersion(version.number, version.state, signatures, definitions)


def _warm(signature: Signature) -> None:
    """Calls a signature with one empty row, because a function's first call is slow."""
    arrays = {}
    for name, spec in signature.inputs.items():
        empty = b"" if spec.dtype == tf.string else 0
        kind = object if spec.dtype == tf.string else spec.dtype.as_numpy_dtype
        arrays[name] = np.full([size or 1 for size in spec.shape.as_list()], empty, kind)
    signature(arrays)
