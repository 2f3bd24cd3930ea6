"""The served model: its newest whole version, replaced while requests run."""

import dataclasses
import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.server.metadata import signature_defs
from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.signature import Signature, signatures_of
from tf_dvbpr.server.versions import Version, check_model_folder, find_versions
from tfrecords.errors import InputError


@dataclasses.dataclass(frozen=True)
class LoadedVersion:
    """A version in memory. What holds it keeps it there: a request in progress ends with the version it began with.

    Attributes:
        number: of the version.
        state: of its folder when it was loaded.
        signatures: by name.
        metadata: what TensorFlow Serving tells about the signatures.
    """

    number: int
    state: tuple
    signatures: dict[str, Signature]
    metadata: dict

    def signature(self, name: str) -> Signature:
        """Raises RequestError, 400, where there is none of that name."""
        if name not in self.signatures:
            raise RequestError(400, f'Serving signature name: "{name}" not found in signature def')
        return self.signatures[name]


class Model:
    """The highest version of a folder that is whole and can be loaded.

    A version whose folder has the list that an export writes is whole when everything on the list is there as it was
    written. Of any other, `saved_model.pb` and all files of `variables/` must be there, nothing may change from one
    look to the next, and TensorFlow, which checks the variables' checksums, must load it. Until then the version
    before it is served.

    Args:
        folder: of the versions.
        name: in URLs.
        say: prints a line.
        observe: called with the number of a version that was loaded, with None after a failure.

    Raises:
        InputError: there is no version, or none can be loaded.
    """

    def __init__(
        self, folder: Path, name: str, say: Callable[[str], object], observe: Callable[[int | None], object]
    ) -> None:
        self.name = name
        self._folder, self._say, self._observe = folder, say, observe
        self._current: LoadedVersion | None = None
        self._refused: dict[int, tuple[tuple, str]] = {}  # version to the state it was refused in, and why
        self._seen: dict[int, tuple] = {}  # version to its state at the last look
        self._missed = 0  # looks since the served version's folder was there
        check_model_folder(folder)
        self.look(first=True)
        if self._current is None:
            number = max(self._refused)
            raise InputError(
                f"--model={folder}: no whole version; {folder}/{number}: {self._refused[number][1]}; copy it again, or "
                "export it anew with tools.export_saved_model"
            )

    @property
    def current(self) -> LoadedVersion:
        """The version that is served."""
        return self._current

    def get(self, name: str, number: int | None) -> LoadedVersion:
        """The version that a request asks for; None: whichever is served.

        Raises:
            RequestError: 404.
        """
        current = self._current
        if name != self.name or number not in (None, current.number):
            asked = f"Latest({name})" if number is None else f"Specific({name}, {number})"
            raise RequestError(404, f"Servable not found for request: {asked}")
        return current

    def statuses(self, name: str, number: int | None) -> list[tuple[int, str, str]]:
        """(version, state, message) of the served version and of those that were refused, the highest first.

        Raises:
            RequestError: 404.
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
        """Looks for a new version, again and again, until `stop` is set."""
        while not stop.wait(seconds):
            self.look()

    def look(self, first: bool = False) -> None:
        """Serves the highest version that is whole, if it is not served already.

        Args:
            first: load what was not seen before too.
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
            loaded = _load(version)
        except Exception as error:  # A damaged file makes TensorFlow raise almost anything.
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
        gc.collect()  # The version before it goes now, unless a request still runs on it.
        return True


def _load(version: Version) -> LoadedVersion:
    definitions = signature_defs(version.folder)
    signatures = signatures_of(tf.saved_model.load(str(version.folder)))
    for signature in signatures.values():
        if signature.joins:
            _warm(signature)
    return LoadedVersion(version.number, version.state, signatures, definitions)


def _warm(signature: Signature) -> None:
    """One call with a row of nothing: a function's first call takes longer, and no caller shall wait for it."""
    arrays = {}
    for name, spec in signature.inputs.items():
        empty = b"" if spec.dtype == tf.string else 0
        kind = object if spec.dtype == tf.string else spec.dtype.as_numpy_dtype
        arrays[name] = np.full([size or 1 for size in spec.shape.as_list()], empty, kind)
    signature(arrays)
