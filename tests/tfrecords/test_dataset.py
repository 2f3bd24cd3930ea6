import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.support.shop import edit_metadata, noise, write_shop, write_table
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import decode_photo
from tfrecords.sources.csv_files import CsvSource

# User "a" holds item 0 among others; items 9 to 11 are never bought.
PURCHASES = {"a": [0, 1, 2, 3, 4], "b": [0, 2, 4, 6, 8, 5], "c d": [1, 2, 3, 4, 5, 6, 7]}


@pytest.fixture(scope="module")
def built(make_folder):
    root = make_folder("built")
    write_shop(root / "shop", purchases=PURCHASES)
    build_dataset(BuildConfig(source="csv", input=root / "shop", output=root / "data", shards=5), progress=False)
    return root / "data"


@pytest.fixture
def dataset(built):
    return Dataset.open(built)


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "copy")


def first_shard(folder):
    return sorted(folder.glob("items.tfrecord-*"))[0]


def test_figures(dataset):
    assert (dataset.num_users, dataset.num_items) == (3, 12)
    assert (dataset.name, dataset.fit, dataset.resize_filter) == ("shop", "stretch", "bicubic")
    assert dataset.category_names == ("c0", "c1", "c2")
    assert dataset.meta["counts"] == {
        "users": 3,
        "items": 12,
        "interactions": 18,
        "categories": 3,
        "train": 12,
        "validation": 3,
        "test": 3,
    }


def test_users(dataset):
    assert dataset.user_keys.tolist() == ["a", "b", "c d"]
    assert dataset.user_keys.dtype.kind == "U"
    assert (dataset.train_indptr.dtype, dataset.train_items.dtype) == (np.int64, np.int32)
    for user, bought in enumerate(PURCHASES.values()):
        train = dataset.train_of(user).tolist()
        assert train == sorted(set(train))
        assert sorted([*train, dataset.validation[user], dataset.test[user]]) == sorted(bought)
    np.testing.assert_array_equal(dataset.item_counts, np.bincount(dataset.train_items, minlength=12))
    assert dataset.item_counts.dtype == np.int32


def test_items(dataset):
    assert dataset.item_keys.tolist() == [f"i{item}" for item in range(12)]
    assert dataset.item_categories.tolist() == [0, 1, 2] * 4
    assert dataset.item_categories.dtype == np.int32
    assert dataset.photo_sizes.tolist() == [[30, 40]] * 12
    assert dataset.item_features is None


def test_the_tables_are_those_that_tensorflow_parses(dataset):
    """Users and items are read without TensorFlow; the numbers are its own."""

    def parsed(stem, **columns):
        # Shards are read in turn, an example of each.
        shards = [list(tf.data.TFRecordDataset(str(path))) for path in sorted(dataset.path.glob(f"{stem}.tfrecord-*"))]
        records = [shard[row] for row in range(max(map(len, shards))) for shard in shards if row < len(shard)]
        return tf.io.parse_example(tf.stack(records), columns_of(columns))

    def columns_of(columns):
        return {name.replace("_", "/"): kind for name, kind in columns.items()}

    number, text = tf.io.FixedLenFeature([], tf.int64), tf.io.FixedLenFeature([], tf.string)
    items = parsed("items", item_key=text, item_category=number, image_height=number, image_width=number)
    assert dataset.item_keys.tolist() == [key.decode() for key in items["item/key"].numpy()]
    np.testing.assert_array_equal(dataset.item_categories, items["item/category"])
    np.testing.assert_array_equal(dataset.photo_sizes[:, 0], items["image/height"])
    np.testing.assert_array_equal(dataset.photo_sizes[:, 1], items["image/width"])
    users = parsed("users", user_key=text, user_train=tf.io.RaggedFeature(tf.int64))
    assert dataset.user_keys.tolist() == [key.decode() for key in users["user/key"].numpy()]
    np.testing.assert_array_equal(dataset.train_indptr, users["user/train"].row_splits)
    np.testing.assert_array_equal(dataset.train_items, users["user/train"].flat_values)


def test_own_items_are_all_of_a_users_purchases(dataset):
    indptr, items = dataset.own_items()
    assert (indptr.dtype, items.dtype) == (np.int64, np.int32)
    for user, bought in enumerate(PURCHASES.values()):
        assert items[indptr[user] : indptr[user + 1]].tolist() == sorted(bought)


def test_photos_come_in_item_order_every_time(dataset):
    for _ in range(2):
        pairs = list(dataset.photos().as_numpy_iterator())
        assert [item for item, _ in pairs] == list(range(12))
        assert [encoded for _, encoded in pairs] == [noise(item) for item in range(12)]


def test_some_photos_in_the_order_asked_for(dataset):
    assert dataset.encoded_photos(np.array([7, 0, 11, 0])) == [noise(7), noise(0), noise(11), noise(0)]
    with pytest.raises(IndexError, match="ids run from 0 to 11"):
        dataset.encoded_photos([-1])


@pytest.mark.parametrize("fit", ["stretch", "pad"])
def test_photo_table(copy, fit):
    dataset = Dataset.open(edit_metadata(copy, fit=fit))
    table = load_photo_table(dataset, 16, progress=False)
    assert (table.shape, table.dtype) == ((12, 16, 16, 3), np.uint8)
    for item in (0, 5, 11):
        np.testing.assert_array_equal(table[item], decode_photo(noise(item), 16, "bicubic", fit))


def test_more_shards_than_items(tmp_path):
    shop = write_shop(tmp_path / "shop", items=9, purchases={"u": range(6)})
    for item in (7, 8):
        (shop / f"images/{item}.jpg").unlink()
    config = BuildConfig(source="csv", input=shop, output=tmp_path / "data", shards=9, skip_bad_images=True)
    dataset = build_dataset(config, progress=False)
    assert [item for item, _ in dataset.photos().as_numpy_iterator()] == list(range(7))
    assert dataset.encoded_photos([6]) == [noise(6)]
    dataset.verify()


def test_a_catalogue_without_categories(tmp_path):
    shop = write_shop(tmp_path / "shop")
    write_table(shop / "items.csv", ["item_id", "image"], [[f"i{item}", f"images/{item}.jpg"] for item in range(12)])
    dataset = build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "data"), progress=False)
    assert dataset.category_names == ()
    assert dataset.item_categories.tolist() == [-1] * 12


def test_the_fingerprint_follows_the_content_not_the_place(dataset, copy):
    assert Dataset.open(copy).fingerprint == dataset.fingerprint
    meta = json.loads((copy / "dataset.json").read_text())
    others = [
        {"fit": "pad"},
        {"resize_filter": "nearest"},
        {"split": {**meta["split"], "seed": 1}},
        {"shards": [{**meta["shards"][0], "sha256": "0" * 64}, *meta["shards"][1:]]},
    ]
    prints = {dataset.fingerprint}
    for other in others:
        (copy / "dataset.json").write_text(json.dumps(meta))
        prints.add(Dataset.open(edit_metadata(copy, **other)).fingerprint)
    assert len(prints) == 5
    assert Dataset.open(edit_metadata(copy, name="another")).fingerprint == Dataset.open(copy).fingerprint


def test_the_same_source_and_seed_give_the_same_data_set(built, tmp_path):
    for seed, same in ((0, True), (1, False)):
        output = tmp_path / f"again{seed}"
        config = BuildConfig(source="csv", input=built.parent / "shop", output=output, shards=5, seed=seed)
        assert (build_dataset(config, progress=False).fingerprint == Dataset.open(built).fingerprint) == same


def test_no_data_set(tmp_path):
    with pytest.raises(InputError, match="no data set here"):
        Dataset.open(tmp_path)
    with pytest.raises(InputError, match="no data set here"):
        Dataset.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a whole dataset.json"),
        ("[]", "not a whole dataset.json"),
        ('{"format_version": 1}', "not a whole dataset.json"),
        ('{"format_version": 99}', "format version 99, expected 1"),
    ],
)
def test_broken_metadata(copy, text, message):
    (copy / "dataset.json").write_text(text)
    with pytest.raises(InputError, match=message):
        Dataset.open(copy)


def test_a_missing_shard(copy):
    first_shard(copy).unlink()
    with pytest.raises(InputError, match=r"items\.tfrecord-00000-of-00005: this shard is missing"):
        Dataset.open(copy)


def test_a_shard_cut_short_is_named_with_the_offset(copy):
    shard = first_shard(copy)
    whole = shard.read_bytes()
    second = 16 + int.from_bytes(whole[:8], "little")
    shard.write_bytes(whole[: second + 100])
    with pytest.raises(InputError, match=rf"00000-of-00005: {second + 100} bytes.* damaged at byte {second};"):
        Dataset.open(copy)


def flip(folder):
    """Flips a bit in the second item of the first shard; returns where its record begins."""
    shard = first_shard(folder)
    whole = bytearray(shard.read_bytes())
    second = 16 + int.from_bytes(whole[:8], "little")
    whole[second + 200] ^= 1
    shard.write_bytes(whole)
    return second


READERS = {
    "keys": lambda dataset: dataset.item_keys,
    "features": lambda dataset: dataset.item_features,
    "table": lambda dataset: load_photo_table(dataset, 8, progress=False),
    "some photos": lambda dataset: dataset.encoded_photos([5]),
    "verify": lambda dataset: dataset.verify(),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_flipped_shard_is_named_with_the_offset(copy, reader):
    offset = flip(copy)
    dataset = Dataset.open(copy)
    with pytest.raises(InputError, match=rf"items\.tfrecord-00000-of-00005: .*damaged at byte {offset};"):
        READERS[reader](dataset)


def test_a_flipped_shard_of_users(copy):
    shard = copy / "users.tfrecord-00000-of-00001"
    whole = bytearray(shard.read_bytes())
    whole[30] ^= 1
    shard.write_bytes(whole)
    with pytest.raises(InputError, match=r"users\.tfrecord-00000-of-00001: damaged at byte 0;"):
        _ = Dataset.open(copy).train_items


def test_streaming_names_the_damage_too(copy):
    offset = flip(copy)
    dataset = Dataset.open(copy)
    with pytest.raises(InputError, match=f"damaged at byte {offset};"), dataset.damage_named():
        list(dataset.photos())


def test_a_shard_swapped_for_another_whole_one(copy):
    one, other = sorted(copy.glob("items.tfrecord-*"))[:2]
    meta = json.loads((copy / "dataset.json").read_text())
    with tf.io.TFRecordWriter(str(one)) as writer:
        for record in tf.data.TFRecordDataset(str(other)):
            writer.write(record.numpy())
    meta["shards"][0]["bytes"] = one.stat().st_size
    edit_metadata(copy, shards=meta["shards"])
    with pytest.raises(InputError, match="its records are whole but not those written"):
        Dataset.open(copy).verify()


def test_photos_are_never_all_in_memory(tmp_path, monkeypatch):
    """While a large catalogue is converted, only a window of it has been read."""
    shop = write_shop(tmp_path / "shop", items=200)
    read = []
    monkeypatch.setattr("tfrecords.files.parallel_map.os.cpu_count", lambda: 2)
    original = type(shop).read_bytes
    monkeypatch.setattr(type(shop), "read_bytes", lambda path: (read.append(path), original(path))[1])
    items = CsvSource(shop).items()
    for _ in range(8):
        next(items)
    assert 8 <= len(read) <= 48
    items.close()
