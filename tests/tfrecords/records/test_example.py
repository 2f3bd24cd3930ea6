"""Examples that are written and read without TensorFlow are those of TensorFlow."""

import pytest
import tensorflow as tf

from tfrecords.records.example import Example, FieldError, item_example, user_example

FIRST = item_example(0, "ключ", 2, b"jpeg", 30, 40, [0.5, -1.0])
SECOND = item_example(1, "plain", -1, b"png", 8, 9)


def tensorflows(change):
    example = tf.train.Example()
    change(example.features.feature)
    return example.SerializeToString(deterministic=True)


def test_the_bytes_are_those_that_tensorflow_writes():
    def item(feature):
        feature["item/id"].int64_list.value.append(0)
        feature["item/key"].bytes_list.value.append("ключ".encode())
        feature["item/category"].int64_list.value.append(2)
        feature["image/encoded"].bytes_list.value.append(b"jpeg")
        feature["image/height"].int64_list.value.append(30)
        feature["image/width"].int64_list.value.append(40)
        feature["item/features"].float_list.value.extend([0.5, -1.0])

    def user(feature):
        feature["user/id"].int64_list.value.append(7)
        feature["user/key"].bytes_list.value.append(b"u")
        feature["user/train"].int64_list.value.extend([0, 5, 2**40])
        feature["user/validation"].int64_list.value.extend([])
        feature["user/test"].int64_list.value.extend([-3])

    assert tensorflows(item) == FIRST
    assert tensorflows(user) == user_example(7, "u", [0, 5, 2**40], [], [-3])
    assert tf.train.Example.FromString(SECOND).features.feature["item/category"].int64_list.value == [-1]


def test_an_item_is_read_back():
    first, second = Example(FIRST), Example(SECOND)
    assert [one.integer("item/id") for one in (first, second)] == [0, 1]
    assert [one.text("item/key") for one in (first, second)] == ["ключ".encode(), b"plain"]
    assert [one.integer("item/category") for one in (first, second)] == [2, -1]
    assert list(first.floats("item/features")) == [0.5, -1.0] and list(second.floats("item/features")) == []


def test_a_user_is_read_back():
    user = Example(user_example(1, "v", [0, 5], [], [3]))
    assert [list(user.integers(f"user/{part}")) for part in ("train", "validation", "test")] == [[0, 5], [], [3]]


@pytest.mark.parametrize(
    "read",
    [
        lambda: Example(b"\xda\xff\x01" * 40),
        lambda: Example(FIRST[:-3]),
        lambda: Example(FIRST).integer("item/none"),
        lambda: Example(FIRST).integer("item/key"),
        lambda: Example(FIRST).integers("item/features"),
        lambda: Example(FIRST).text("item/id"),
        lambda: Example(user_example(1, "v", [0, 5], [], [3])).integer("user/train"),
    ],
)
def test_other_fields_are_refused(read):
    with pytest.raises(FieldError):
        read()


def test_an_example_is_the_same_bytes_every_time():
    assert len({item_example(3, "k", 1, b"photo", 8, 8, [1.0]) for _ in range(20)}) == 1
