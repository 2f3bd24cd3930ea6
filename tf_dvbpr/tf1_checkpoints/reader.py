"""Reads and writes checkpoints of TensorFlow 1's Saver: variables by their names in the graph.

The files are PREFIX.index and PREFIX.data-*; in the Saver's first format, V1, they are PREFIX, or
PREFIX-00000-of-00002 and so on.
"""

import glob
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.plain_path import PlainFiles
from tfrecords.errors import InputError, option

_SHOWN = 5  # names shown in a message
_DATA = ".data-00000-of-00001"
_V2 = re.compile(r"\.index|\.data-\d{5}-of-\d{5}")
_V1 = re.compile(r"|-\d{5}-of-\d{5}")
# The two files of a checkpoint. The index comes last, because it makes a checkpoint exist.
ENDINGS = (_DATA, ".index")
# What each of the authors' networks calls its variables' scope, and what tools.import_checkpoint calls that kind.
SCOPES = {"dvbpr": ("DVBPR/", "the recommender"), "gan": ("GAN/", "the GAN")}


class Tf1Checkpoint:
    """An existing checkpoint, read one variable at a time.

    Args:
        prefix: path of its files without ``.index`` and ``.data-00000-of-00001``; of V1 files without
            ``-00000-of-00002``.

    Attributes:
        prefix: the same.
        shapes: shape by name.

    Raises:
        InputError: there is no checkpoint, or its index cannot be read.
    """

    def __init__(self, prefix: str | os.PathLike) -> None:
        self.prefix = Path(prefix)
        endings = _endings(self.prefix)
        # Kept as long as the reader, which opens the files when it needs them.
        self._files = PlainFiles(self.prefix, endings)
        shards = "-?????-of-?????" if all(ending.startswith("-") for ending in endings) else ""
        try:
            self._reader = tf.train.load_checkpoint(f"{self._files.prefix}{shards}")
            shapes = self._reader.get_variable_to_shape_map()
            self._types = self._reader.get_variable_to_dtype_map()
        except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
            raise self._damaged(error) from error
        self.shapes = {name: tuple(shapes[name]) for name in sorted(shapes)}

    def check_kind(self, kind: str) -> None:
        """Raises InputError if the file has the other network's variables and none of this one's."""
        (own, whose), others = SCOPES[kind], [other for other in SCOPES if other != kind]
        if any(name.startswith(own) for name in self.shapes):
            return
        for other in others:
            scope, others_name = SCOPES[other]
            found = next((name for name in self.shapes if name.startswith(scope)), None)
            if found is not None:
                raise InputError(
                    f"{self.prefix}: holds {others_name} ({found}, ...), not {whose}: give {option('kind', other)}"
                )

    def check_names(self, expected: Collection[str], whose: str) -> None:
        """Raises InputError, with the names, if variables are missing or unexpected."""
        missing = [name for name in expected if name not in self.shapes]
        if missing:
            count = f"{len(missing)} of the {len(expected)} variables of {whose}"
            raise InputError(f"{self.prefix}: {count} are not in it: {_first_names(missing)}")
        others = sorted(set(self.shapes) - set(expected))
        if others:
            raise InputError(f"{self.prefix}: holds variables that are not of {whose}: {_first_names(others)}")

    def check_shapes(self, expected: Mapping[str, tuple[int, ...]]) -> None:
        """Raises InputError for the first variable with another shape, or not of float32."""
        for name, shape in expected.items():
            found, kind = list(self.shapes[name]), self._types[name].name
            if found != list(shape) or kind != "float32":
                raise InputError(f"{self.prefix}: {name} is {kind} {found}, expected float32 {list(shape)}")

    def read(self, name: str) -> np.ndarray:
        """Returns a variable's value. Raises InputError if the data is damaged or a number is not finite."""
        try:
            value = self._reader.get_tensor(name)
        except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
            raise self._damaged(error, f"{name} ") from error
        if not np.isfinite(value).all():
            raise InputError(f"{self.prefix}: {name} holds numbers that are not finite; give an earlier checkpoint")
        return value

    def _damaged(self, error: Exception, what: str = "") -> InputError:
        reason = " ".join(str(error).split()).replace(str(self._files.prefix), str(self.prefix))[:200]
        return InputError(
            f"{self.prefix}: {what}cannot be read ({reason}). A file is damaged or missing, or is no checkpoint of "
            "TensorFlow's Saver: fetch them again"
        )


def write_tf1_checkpoint(prefix: Path, values: Mapping[str, tf.Tensor]) -> None:
    """Writes a checkpoint for TensorFlow 1's Saver atomically: the index, which makes it exist, comes last."""
    temporary = prefix.with_name(f".{prefix.name.lstrip('.')}.part")
    parts = [Path(f"{temporary}{ending}") for ending in ENDINGS]
    prefix.parent.mkdir(parents=True, exist_ok=True)
    try:
        tf.raw_ops.SaveV2(
            prefix=str(temporary),
            tensor_names=sorted(values),  # The Saver's order: the same weights give the same file.
            shape_and_slices=[""] * len(values),
            tensors=[values[name] for name in sorted(values)],
        )
        # An index that is replaced is removed first: for a moment it would belong to other data.
        Path(f"{prefix}.index").unlink(missing_ok=True)
        for part, ending in zip(parts, ENDINGS, strict=True):
            part.replace(f"{prefix}{ending}")
    finally:
        for part in [*parts, *prefix.parent.glob(f"{glob.escape(temporary.name)}*.tempstate*")]:
            part.unlink(missing_ok=True)


def _endings(prefix: Path) -> list[str]:
    """Returns the endings of the checkpoint's files after `prefix`. Raises InputError if there are none."""
    found = prefix.parent.iterdir() if prefix.parent.is_dir() else []
    endings = [path.name[len(prefix.name) :] for path in found if path.name.startswith(prefix.name) and path.is_file()]
    if ".index" in endings:
        return [ending for ending in endings if _V2.fullmatch(ending)]
    common = Path(str(prefix).removesuffix(_DATA).removesuffix(".index").removesuffix(".meta"))
    if common != prefix and Path(f"{common}.index").is_file():
        raise InputError(f"{option('checkpoint', prefix)}: give the files' common name, {option('checkpoint', common)}")
    first_format = [ending for ending in endings if _V1.fullmatch(ending)]
    if first_format:
        return [""] if "" in first_format else first_format
    raise InputError(f"{prefix}: no checkpoint here ({prefix}.index is missing); give the files' common name")


def _first_names(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
