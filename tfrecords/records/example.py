"""Writes and reads the examples of a data set: ``tf.train.Example``, without TensorFlow, whose import takes seconds.

Source of the message: TensorFlow's ``core/example/example.proto`` and ``feature.proto``.
"""

import functools
from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError

from tfrecords import schema

_REPEATED, _OPTIONAL = "LABEL_REPEATED", "LABEL_OPTIONAL"
_KINDS = {"bytes_list": "BytesList", "float_list": "FloatList", "int64_list": "Int64List"}


class FieldError(ValueError):
    """An example is damaged, or lacks a field, or the field has values of another type or number."""


def item_example(
    item_id: int,
    key: str,
    category: int,
    encoded: bytes,
    height: int,
    width: int,
    features: Sequence[float] | None = None,
) -> bytes:
    """Returns one item as a serialised ``tf.train.Example``."""
    example = _message()()
    feature = example.features.feature
    feature[schema.ITEM_ID].int64_list.value.append(item_id)
    feature[schema.ITEM_KEY].bytes_list.value.append(key.encode())
    feature[schema.ITEM_CATEGORY].int64_list.value.append(category)
    feature[schema.IMAGE_ENCODED].bytes_list.value.append(encoded)
    feature[schema.IMAGE_HEIGHT].int64_list.value.append(height)
    feature[schema.IMAGE_WIDTH].int64_list.value.append(width)
    if features is not None:
        feature[schema.ITEM_FEATURES].float_list.value.extend(features)
    return example.SerializeToString(deterministic=True)


def user_example(user_id: int, key: str, train: Sequence[int], validation: Sequence[int], test: Sequence[int]) -> bytes:
    """Returns one user as a serialised ``tf.train.Example``."""
    example = _message()()
    feature = example.features.feature
    feature[schema.USER_ID].int64_list.value.append(user_id)
    feature[schema.USER_KEY].bytes_list.value.append(key.encode())
    feature[schema.USER_TRAIN].int64_list.value.extend(train)
    feature[schema.USER_VALIDATION].int64_list.value.extend(validation)
    feature[schema.USER_TEST].int64_list.value.extend(test)
    return example.SerializeToString(deterministic=True)


class Example:
    """The fields of one serialised example.

    Raises:
        FieldError: the bytes are no example.
    """

    def __init__(self, serialised: bytes) -> None:
        try:
            self._fields = _message().FromString(serialised).features.feature
        except DecodeError as error:
            raise FieldError("no example") from error

    def integers(self, name: str) -> Sequence[int]:
        """Returns the int64 values of a field, none if it is missing. Raises FieldError if it has another type."""
        return self._values(name, "int64_list")

    def floats(self, name: str) -> Sequence[float]:
        """Returns the float32 values of a field, none if it is missing. Raises FieldError if it has another type."""
        return self._values(name, "float_list")

    def integer(self, name: str) -> int:
        """Returns the one int64 value of a field. Raises FieldError if it has none, several, or another type."""
        return self._only(name, "int64_list")

    def text(self, name: str) -> bytes:
        """Returns the one bytes value of a field. Raises FieldError if it has none, several, or another type."""
        return self._only(name, "bytes_list")

    def _values(self, name: str, kind: str) -> Sequence[Any]:
        feature = self._fields[name]
        if feature.WhichOneof("kind") not in (None, kind):
            raise FieldError(f"{name} is no {kind}")
        return getattr(feature, kind).value

    def _only(self, name: str, kind: str) -> Any:
        values = self._values(name, kind)
        if len(values) != 1:
            raise FieldError(f"{name} has {len(values)} values")
        return values[0]


@functools.cache
def _message() -> type:
    """Returns the message's class, in a pool of its own, so that it never meets TensorFlow's."""

    def field(name: str, number: int, kind: str, label: str = _OPTIONAL, **more: object) -> dict:
        type_of = {"typeName": f".tensorflow.{kind}"} if kind[0].isupper() else {"type": f"TYPE_{kind.upper()}"}
        return {"name": name, "number": number, "label": label, **type_of, **more}

    values = {"BytesList": "bytes", "FloatList": "float", "Int64List": "int64"}
    kinds = [field(name, place, kind, oneofIndex=0) for place, (name, kind) in enumerate(_KINDS.items(), 1)]
    entry = {
        "name": "FeatureEntry",
        "field": [field("key", 1, "string"), field("value", 2, "Feature")],
        "options": {"mapEntry": True},
    }
    features = [field("feature", 1, "Features.FeatureEntry", _REPEATED)]
    messages = [
        *({"name": name, "field": [field("value", 1, kind, _REPEATED)]} for name, kind in values.items()),
        {"name": "Feature", "field": kinds, "oneofDecl": [{"name": "kind"}]},
        {"name": "Features", "field": features, "nestedType": [entry]},
        {"name": "Example", "field": [field("features", 1, "Features")]},
    ]
    file = {"name": "example.proto", "package": "tensorflow", "syntax": "proto3", "messageType": messages}
    pool = descriptor_pool.DescriptorPool()
    pool.Add(json_format.ParseDict(file, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))
