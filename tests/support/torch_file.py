"""Writes files as `torch.save` did before PyTorch 1.6, without PyTorch."""

import collections
import pickle
import struct

import numpy as np

GLOBALS = "\x80\x02c{module}\n{name}\n."  # a pickle that is one name
_TYPES = {"<f4": "FloatStorage", "<f8": "DoubleStorage", "<f2": "HalfStorage", "<i8": "LongStorage"}


class Called:
    """Pickled as a call of a function."""

    def __init__(self, function, *arguments):
        self._call = function, arguments

    def __reduce__(self):
        return self._call


class _Storage:
    def __init__(self, key, array, count):
        self.key, self.dtype, self.count = key, array.dtype.str, array.size if count is None else count


class _Pickler(pickle._Pickler):
    def persistent_id(self, one):
        if not isinstance(one, _Storage):
            return None
        return "storage", _Global("torch", _TYPES[one.dtype]), one.key, "cpu", one.count, None

    def save(self, one, save_persistent_id=True):
        if isinstance(one, _Global):
            self.write(f"c{one.module}\n{one.name}\n".encode())
            return
        if isinstance(one, _Tensor):
            self.save(_Global("torch._utils", "_rebuild_tensor_v2"))
            self.save((one.storage, one.offset, one.shape, one.strides, False, collections.OrderedDict()))
            self.write(pickle.REDUCE)
            return
        super().save(one, save_persistent_id)


_Global = collections.namedtuple("_Global", "module name")
_Tensor = collections.namedtuple("_Tensor", "storage offset shape strides")


def write_torch_file(path, arrays, table=None, shape=None, strides=None, offset=0, count=None):
    """Writes arrays by name; the other arguments replace the pickled table, or what it says of each tensor."""
    tensors, storages = collections.OrderedDict(), {}
    for number, (name, array) in enumerate(arrays.items()):
        key = str(1000 + number)
        steps = tuple(step // array.itemsize for step in array.strides)
        tensors[name] = _Tensor(
            _Storage(key, array, count), offset, shape or array.shape, strides if strides is not None else steps
        )
        storages[key] = np.ascontiguousarray(array.T if array.flags.f_contiguous else array)
    with path.open("wb") as file:
        for one in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
            file.write(pickle.dumps(one, 2))
        if table is None:
            _Pickler(file, 2).dump(tensors)
        else:
            file.write(table)
        file.write(pickle.dumps(list(storages), 2))
        for array in storages.values():
            file.write(struct.pack("<q", array.size) + array.tobytes())
