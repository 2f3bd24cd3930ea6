"""Records with right checksums that no build writes are told in one line, by every reader."""

import json
import shutil

import pytest
import tensorflow as tf

from tests.support.shop import told_in_one_line, write_shop
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.photo_store.table import load_photo_table


@pytest.fixture(scope="module")
def built(make_folder):
    root = make_folder("records")
    write_shop(root / "shop")
    build_dataset(BuildConfig("csv", root / "data", root / "shop", shards=2), progress=False)
    return root / "data"


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "data")


def rewrite(folder, stem, change):
    """`change` gets the examples of the first shard as a list; dataset.json is made to agree with what it leaves."""
    shard = sorted(folder.glob(f"{stem}.tfrecord-00000*"))[0]
    examples = [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(shard))]
    change(examples)
    with tf.io.TFRecordWriter(str(shard)) as writer:
        for example in examples:
            writer.write(example.SerializeToString())
    meta = json.loads((folder / "dataset.json").read_text())
    meta.pop("sha256", None)
    for entry in meta["shards"]:
        if entry["file"] == shard.name:
            entry["bytes"] = shard.stat().st_size
    (folder / "dataset.json").write_text(json.dumps(meta))


def put(name, kind, *values):
    """Gives the second example these values of a field; none: the field goes."""

    def change(examples):
        feature = examples[1].features.feature
        del feature[name]
        if values:
            getattr(feature[name], kind).value.extend(values)

    return change


def read_users(dataset):
    return dataset.user_keys


def read_items(dataset):
    return dataset.item_keys


def read_photos(dataset):
    return load_photo_table(dataset, 8, progress=False)


def read_one(dataset):
    return dataset.encoded_photos([2])  # the second record of the first of two shards


NOT_TEXT = "text in UTF-8 without NUL expected"


@pytest.mark.parametrize(
    ("read", "change", "told"),
    [
        (read_users, put("user/id", "int64_list", 13), "13|hold others"),
        (read_users, put("user/id", "int64_list", -1), "-1|hold others"),
        (read_users, put("user/key", "bytes_list", b"u\0"), rf"key of user 1 is b'u\\x00', {NOT_TEXT}"),
        (read_users, put("user/key", "bytes_list", b"\xff"), NOT_TEXT),
        (read_users, put("user/key", "bytes_list", b""), NOT_TEXT),
        (read_users, put("user/key", "bytes_list", b"u0"), "users 0 and 1 have the same key 'u0'"),
        (read_users, put("user/key", "bytes_list"), "record at byte [0-9]+ lacks a field"),
        (read_users, put("user/train", "int64_list", 0, 12), "user/train of 1 is 12, 0 to 11 expected"),
        (read_users, put("user/train", "bytes_list", b"0"), "record at byte [0-9]+ lacks a field"),
        (read_users, put("user/test", "int64_list", -1), "user/test of 1 is -1, 0 to 11 expected"),
        (read_users, put("user/test", "int64_list", 1, 2), "user 1 has 2 items of user/test, one at most expected"),
        (read_items, put("item/id", "int64_list", 2**40), "1099511627776|hold others"),
        (read_items, put("item/key", "bytes_list", b"i0"), "items 0 and 2 have the same key 'i0'"),
        (read_items, put("item/key", "bytes_list", b"i2\0\0"), NOT_TEXT),
        (read_items, put("item/category", "int64_list", 3), "item/category of 2 is 3, -1 to 2 expected"),
        (read_items, put("item/category", "int64_list", 2**40), "item/category of 2 is 1099511627776"),
        (read_items, put("item/category", "int64_list"), "record at byte [0-9]+ lacks a field"),
        (read_items, put("image/height", "int64_list", 0), "image/height of 2 is 0, 1 to 2147483647 expected"),
        (read_photos, put("image/encoded", "bytes_list", b"no photo"), "its photo cannot be decoded"),
        (read_photos, put("image/encoded", "bytes_list"), "record at byte [0-9]+ lacks a field"),
        (read_one, put("image/encoded", "bytes_list"), "item 2 has no photo"),
        (read_one, put("item/id", "int64_list", 4), "another record stands in the place of item 2"),
    ],
)
def test_a_record_that_no_build_writes_is_told(copy, read, change, told):
    rewrite(copy, "users" if read is read_users else "items", change)
    dataset = Dataset.open(copy)
    with told_in_one_line(told):
        read(dataset)


@pytest.mark.parametrize("read", [read_users, read_items])
def test_a_lost_record_is_no_empty_row(copy, read):
    rewrite(copy, "users" if read is read_users else "items", lambda examples: examples.pop())
    dataset = Dataset.open(copy)
    with told_in_one_line("is missing|the shards hold"):
        read(dataset)


def test_records_in_another_order_give_no_other_photo(copy):
    rewrite(copy, "items", list.reverse)
    dataset = Dataset.open(copy)
    with told_in_one_line("another record stands in the place of item 0"):
        dataset.encoded_photos([0])


def test_whole_records_are_read_as_ever(built, copy):
    rewrite(copy, "items", lambda examples: None)
    one, two = Dataset.open(built), Dataset.open(copy)
    assert (one.user_keys == two.user_keys).all() and (one.item_keys == two.item_keys).all()
    assert one.encoded_photos(range(12)) == two.encoded_photos(range(12))


class Garbage:
    """In an example's place: bytes that are no example, and no UTF-8, which TensorFlow quotes in its error."""

    def SerializeToString(self):
        return b"\xda\xff\x01" * 40


def test_a_record_that_is_no_example_and_no_text(copy):
    rewrite(copy, "items", lambda examples: examples.__setitem__(1, Garbage()))
    with told_in_one_line("record at byte [0-9]+ lacks a field"):
        _ = Dataset.open(copy).item_keys
