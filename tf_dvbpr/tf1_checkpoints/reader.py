"""A checkpoint of TensorFlow 1's Saver: variables by their graph's names, in PREFIX.index and PREFIX.data-*."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfrecords.errors import InputError

_SHOWN = 5  # names in a message
_DATA = ".data-00000-of-00001"
# Of the two files of a checkpoint; the index, which makes it one, last.
ENDINGS = (_DATA, ".index")
# What each of the authors' networks calls its variables' scope, and our --kind of it.
SCOPES = {"dvbpr": ("DVBPR/", "the recommender"), "gan": ("GAN/", "the GAN")}


class Tf1Checkpoint:
    """An existing checkpoint, read variable by variable.

    Args:
        prefix: its files' name without ``.index`` and ``.data-00000-of-00001``.

    Attributes:
        prefix: the same.
        shapes: name to shape.

    Raises:
        InputError: there is none, or its index cannot be read.
    """

    def __init__(self, prefix: str | os.PathLike) -> None:
        self.prefix = Path(prefix)
        _check_prefix(self.prefix)
        try:
            self._reader = tf.train.load_checkpoint(str(self.prefix))
            shapes = self._reader.get_variable_to_shape_map()
            self._types = self._reader.get_variable_to_dtype_map()
        except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
            raise self._damaged(error) from error
        self.shapes = {name: tuple(shapes[name]) for name in sorted(shapes)}

    def check_kind(self, kind: str) -> None:
        """Raises InputError where the file holds the other network's variables and none of this one's."""
        (own, whose), others = SCOPES[kind], [other for other in SCOPES if other != kind]
        if any(name.startswith(own) for name in self.shapes):
            return
        for other in others:
            scope, others_name = SCOPES[other]
            found = next((name for name in self.shapes if name.startswith(scope)), None)
            if found is not None:
                raise InputError(f"{self.prefix}: holds {others_name} ({found}, ...), not {whose}: give --kind={other}")

    def check_names(self, expected: Collection[str], whose: str) -> None:
        """Raises InputError, with the names, where variables are missing or there are others."""
        missing = [name for name in expected if name not in self.shapes]
        if missing:
            count = f"{len(missing)} of the {len(expected)} variables of {whose}"
            raise InputError(f"{self.prefix}: {count} are not in it: {_some(missing)}")
        others = sorted(set(self.shapes) - set(expected))
        if others:
            raise InputError(f"{self.prefix}: holds variables that are not of {whose}: {_some(others)}")

    def check_shapes(self, expected: Mapping[str, tuple[int, ...]]) -> None:
        """Raises InputError for the first variable of another shape, or not of float32."""
        for name, shape in expected.items():
            found, kind = list(self.shapes[name]), self._types[name].name
            if found != list(shape) or kind != "float32":
                raise InputError(f"{self.prefix}: {name} is {kind} {found}, expected float32 {list(shape)}")

    def read(self, name: str) -> np.ndarray:
        """A variable's value. Raises InputError where the data is damaged or a number is not finite."""
        try:
            value = self._reader.get_tensor(name)
        except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
            raise self._damaged(error, f"{name} ") from error
        if not np.isfinite(value).all():
            raise InputError(f"{self.prefix}: {name} holds numbers that are not finite; give an earlier checkpoint")
        return value

    def _damaged(self, error: Exception, what: str = "") -> InputError:
        reason = " ".join(str(error).split())[:200]
        return InputError(
            f"{self.prefix}: {what}cannot be read ({reason}). A file is damaged or missing: fetch them again"
        )


def write_tf1_checkpoint(prefix: Path, values: Mapping[str, tf.Tensor]) -> None:
    """Writes what TensorFlow 1's Saver restores by name, whole or not at all: the index, which makes it one, last."""
    temporary = prefix.with_name(f".{prefix.name.lstrip('.')}.part")
    parts = [Path(f"{temporary}{ending}") for ending in ENDINGS]
    prefix.parent.mkdir(parents=True, exist_ok=True)
    try:
        tf.raw_ops.SaveV2(
            prefix=str(temporary),
            tensor_names=sorted(values),  # The Saver's order: the same weights make the same file.
            shape_and_slices=[""] * len(values),
            tensors=[values[name] for name in sorted(values)],
        )
        # An index that is replaced goes first: it would be of other data for a moment.
        Path(f"{prefix}.index").unlink(missing_ok=True)
        for part, ending in zip(parts, ENDINGS, strict=True):
            part.replace(f"{prefix}{ending}")
    finally:
        for part in [*parts, *prefix.parent.glob(f"{temporary.name}*.tempstate*")]:
            part.unlink(missing_ok=True)


def _check_prefix(prefix: Path) -> None:
    if Path(f"{prefix}.index").is_file():
        return
    common = Path(str(prefix).removesuffix(_DATA).removesuffix(".index").removesuffix(".meta"))
    if common != prefix and Path(f"{common}.index").is_file():
        raise InputError(f"--checkpoint={prefix}: give the files' common name, --checkpoint={common}")
    raise InputError(f"{prefix}: no checkpoint here ({prefix}.index is missing); give the files' common name")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
