"""dataset.json: what a damaged one or one edited by hand can say is refused in one line, or changes nothing."""

import copy
import json
import shutil

import numpy as np
import pytest

from tests.support.shop import edit_metadata, told_in_one_line, write_shop
from tests.support.tool import call
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.metadata import checksum
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photo_store.table import load_photo_table
from tools import describe_dataset

ITEMS, SHARDS = 12, 4


@pytest.fixture(scope="module")
def built(make_folder):
    root = make_folder("built")
    write_shop(root / "shop")
    build_dataset(BuildConfig(source="csv", input=root / "shop", output=root / "data"), progress=False)
    return root / "data"


@pytest.fixture
def folder(built, tmp_path):
    return shutil.copytree(built, tmp_path / "data")


def metadata(folder):
    return json.loads((folder / "dataset.json").read_text())


def set_to(*path_and_value):
    """A function that gives a field, found by its names and indices, another value."""
    *path, last, value = path_and_value

    def change(meta):
        for name in path:
            meta = meta[name]
        meta[last] = value

    return change


def remove(*path):
    def change(meta):
        for name in path[:-1]:
            meta = meta[name]
        del meta[path[-1]]

    return change


def renumber(change_by):
    """Other numbers of items in `counts` and in the shards, which agree with each other."""

    def change(meta):
        total = ITEMS + change_by
        meta["counts"]["items"] = total
        for index, shard in enumerate(meta["shards"][:SHARDS]):
            shard["examples"] = (total - index + SHARDS - 1) // SHARDS
        meta["category_counts"]["c0"] += change_by

    return change


def drop_a_category(meta):
    meta["category_names"].pop()
    meta["category_counts"].popitem()
    meta["counts"]["categories"] -= 1


def users(count):
    def change(meta):
        meta["counts"]["users"] = meta["shards"][SHARDS]["examples"] = count

    return change


def huge(meta):
    renumber(2**40)(meta)


# What a single field, or two that contradict each other, may say; each is refused when the folder is opened.
AT_ONCE = {
    "more items": (set_to("counts", "items", 20), "counts.items is 20, and its shards hold 12"),
    "fewer items": (set_to("counts", "items", 10), "counts.items is 10, and its shards hold 12"),
    "more users": (set_to("counts", "users", 7), "counts.users is 7, and its shards hold 6"),
    "no items": (
        lambda meta: [renumber(-ITEMS)(meta), meta["category_counts"].update(c0=0, c1=0, c2=0)],
        "counts.items is 0, and its shards hold 0",
    ),
    "items as text": (set_to("counts", "items", "12"), "counts is .*; counts of users, items"),
    "items as a float": (set_to("counts", "items", 12.0), "counts is "),
    "items below none": (set_to("counts", "items", -1), "counts is "),
    "items true": (set_to("counts", "users", True), "counts is "),
    "no count of items": (remove("counts", "items"), "counts is "),
    "counts as a list": (set_to("counts", [6, 12]), r"counts is \[6, 12\]"),
    "more purchases": (set_to("counts", "interactions", 37), "counts.interactions is 37, .* make 36"),
    "more test purchases": (
        lambda meta: meta["counts"].update(test=7, train=23),
        "counts.test is 7, and there are 6 users",
    ),
    "more categories": (set_to("counts", "categories", 4), "counts.categories is 4, and there are 3 category_names"),
    "fewer names": (remove("category_names", 2), "counts.categories is 3, and there are 2 category_names"),
    "a name more": (lambda meta: meta["category_names"].append("c3"), "and there are 4 category_names"),
    "another name": (set_to("category_names", 1, "d1"), "category_counts are not those of category_names"),
    "names swapped": (set_to("category_names", ["c1", "c0", "c2"]), "category_counts are not those"),
    "a name twice": (set_to("category_names", 1, "c0"), "a list of different names expected"),
    "a name that is no text": (set_to("category_names", 1, 1), "a list of different names expected"),
    "a name that is half a letter": (set_to("category_names", 1, "c\ud83d"), "a list of different names expected"),
    "names as text": (set_to("category_names", "c0"), "a list of different names expected"),
    "more items in a category": (set_to("category_counts", "c0", 5), "more than there are items"),
    "a count of a category as text": (set_to("category_counts", "c0", "4"), "a count of every category expected"),
    "a fit misspelt": (set_to("fit", "strech"), "fit is 'strech'; one of stretch, pad expected; undo the change"),
    "a fit that is a list": (set_to("fit", ["stretch"]), r"fit is \['stretch'\]; one of"),
    "a filter misspelt": (
        set_to("resize_filter", "bicubik"),
        "resize_filter is 'bicubik'; one of nearest, ",
    ),
    "no name": (set_to("name", None), "name is None; text expected"),
    "a blank name": (set_to("name", " "), "name is ' '; text expected"),
    "a name in halves": (set_to("name", "\udc00"), r"name is '\\udc00'; text expected"),
    "an unknown source": (set_to("source", "xml"), "source is 'xml'; one of csv, table, release"),
    "a size that is none": (set_to("image_size", "64"), "image_size is '64'; a count of pixels expected"),
    "a split that is none": (set_to("split", "random"), "split is 'random'; seed and rule expected"),
    "a split without rule": (remove("split", "rule"), "seed and rule expected"),
    "left out as text": (set_to("dropped", "some"), "dropped is 'some'; counts of what was left out expected"),
    "an AUC over one": (set_to("auc", {"oracle_test": 1.5, "poprank_test": 0.5}), "auc is .*; two shares expected"),
    "half of the AUCs": (set_to("auc", {"oracle_test": 0.9}), "two shares expected"),
    "a shard less": (remove("shards", 0), r"shards are \[.*\]; each once and in order expected"),
    "a shard twice": (lambda meta: meta["shards"].insert(0, meta["shards"][0]), "each once and in order expected"),
    "shards swapped": (
        lambda meta: meta["shards"].__setitem__(slice(0, 2), meta["shards"][1::-1]),
        "each once and in order expected",
    ),
    "no shard of users": (remove("shards", SHARDS), "each once and in order expected"),
    "no shards": (set_to("shards", []), "each once and in order expected"),
    "a shard from elsewhere": (set_to("shards", 0, "file", "../items"), "each once and in order expected"),
    "shards that are no list": (set_to("shards", None), "shards is None; file, examples"),
    "a shard without checksum": (remove("shards", 0, "sha256"), "file, examples, bytes and sha256 of every shard"),
    "a checksum cut short": (set_to("shards", 0, "sha256", "ab"), "bytes and sha256 of every shard expected"),
    "examples moved": (
        lambda meta: [set_to("shards", shard, "examples", count)(meta) for shard, count in ((0, 2), (1, 4))],
        "counts.items is 12, and its shards hold 12",
    ),
    "items without end": (huge, "examples of items.tfrecord-00000-of-00004 do not fit in its"),
    "fewer bytes": (set_to("shards", 0, "bytes", 100), "bytes, dataset.json says 100"),
    "no fit": (remove("fit"), r"not a whole dataset.json \(fit is missing\)"),
    "another version": (set_to("format_version", {"a": 1}), r"format version \{'a': 1\}, expected 1"),
}

# What contradicts nothing in dataset.json itself; the shards tell it when they are read.
WHEN_READ = {
    "items made up": (renumber(8), "counts.items is 20, the shards hold 12"),
    "items left out": (renumber(-4), r"user/train of \d is \d+, 0 to 7 expected; undo a change of dataset.json"),
    "a category left out": (
        drop_a_category,
        r"item/category of 2 is 2, -1 to 1 expected; undo a change of dataset.json",
    ),
    "counts of categories moved": (
        set_to("category_counts", {"c0": 3, "c1": 5, "c2": 4}),
        r"category_counts are \[3, 5, 4\], the shards hold \[4, 4, 4\]",
    ),
    "categories swapped": (
        lambda meta: meta.update(
            category_names=["c2", "c0"], category_counts={"c2": 8, "c0": 4}, counts=meta["counts"] | {"categories": 2}
        ),
        r"item/category of 2 is 2, -1 to 1 expected",
    ),
    "a user made up": (users(7), "counts.users is 7, the shards hold 6"),
    "a user left out": (
        lambda meta: [users(5)(meta), meta["counts"].update(validation=5, test=5, train=26)],
        "counts.users is 5, the shards hold 6",
    ),
    "purchases moved between the splits": (
        lambda meta: meta["counts"].update(train=26, validation=4),
        "counts.train is 26, the shards hold 24",
    ),
}


@pytest.mark.parametrize("fault", [*AT_ONCE, *WHEN_READ])
def test_what_was_changed_by_hand(folder, fault):
    """With its checksum no change is taken; without, as in earlier versions, none that the shards contradict."""
    change, message = (AT_ONCE | WHEN_READ)[fault]
    meta = metadata(folder)
    change(meta)
    (folder / "dataset.json").write_text(json.dumps(meta))
    with told_in_one_line(rf"dataset\.json: |{message}"):
        Dataset.open(folder)
    del meta["sha256"]
    (folder / "dataset.json").write_text(json.dumps(meta))
    if fault in AT_ONCE:
        with told_in_one_line(message):
            Dataset.open(folder)
    else:
        with told_in_one_line(message):
            Dataset.open(folder).verify()


READERS = {
    "keys": lambda dataset: dataset.item_keys,
    "features": lambda dataset: dataset.item_features,
    "a table of photos": lambda dataset: load_photo_table(dataset, 8, progress=False),
    "photos as stored": lambda dataset: PhotoStore(dataset, 8, "encoded", progress=False),
    "some photos": lambda dataset: dataset.encoded_photos([1]),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("change_by", [8, -4])
def test_no_reader_takes_items_that_are_not_there(folder, reader, change_by):
    meta = metadata(folder)
    renumber(change_by)(meta)
    dataset = Dataset.open(edit_metadata(folder, **meta))
    with told_in_one_line(r"dataset\.json: .*, the shards hold |expected; undo a change of dataset\.json"):
        READERS[reader](dataset)


@pytest.mark.parametrize("field", ["name", "image_size", "source", "split", "dropped"])
def test_a_change_that_no_shard_contradicts_is_found_by_the_checksum(folder, field):
    other = {
        "name": "renamed",
        "image_size": 16,
        "source": "wardrobe",
        "split": {"seed": 1, "rule": "another"},
        "dropped": {},
    }
    edit_metadata(folder, keep_checksum=True, **{field: other[field]})
    with told_in_one_line("changed after it was written, .* to keep the change, delete the field sha256"):
        Dataset.open(folder)
    assert Dataset.open(edit_metadata(folder)).meta[field] == other[field]


def test_layout_and_order_are_free_and_an_earlier_version_has_the_same_fingerprint(folder):
    before = Dataset.open(folder)
    meta = before.meta
    assert meta["sha256"] == checksum(meta)
    (folder / "dataset.json").write_text(json.dumps(dict(reversed(meta.items())), indent=7))
    assert Dataset.open(folder).fingerprint == before.fingerprint
    earlier = Dataset.open(edit_metadata(folder))
    assert "sha256" not in earlier.meta and earlier.fingerprint == before.fingerprint
    earlier.verify()


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "null", "12", '"text"', "", "\ufeff{}", '{"format_version": 1}'])
def test_what_is_no_dataset_json_at_all(folder, text):
    (folder / "dataset.json").write_text(text, encoding="utf-8")
    with told_in_one_line("not a whole dataset.json .*build the data set again"):
        Dataset.open(folder)


def test_damage_of_any_byte_is_told(folder):
    """With the checksum: wherever a byte differs, the data set is refused, or it is the one that was written."""
    file = folder / "dataset.json"
    whole = file.read_bytes()
    meta = copy.deepcopy(Dataset.open(folder).meta)
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.choice(len(whole), 300, replace=False):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(damaged)
        try:
            found = Dataset.open(folder).meta
        except Exception as error:
            with told_in_one_line(r"dataset\.json: |shard is missing|bytes, dataset\.json says"):
                raise error
            refused += 1
        else:
            # Where the name of the checksum is hit, there is none, and nothing else was.
            assert {**meta, "sha256": 0} == {"sha256": 0, **{name: found[name] for name in meta if name in found}}
    assert refused > 200


def test_verify_covers_it(folder, capsys):
    meta = metadata(folder)
    assert call(capsys, describe_dataset.cli, f"--dataset={folder}", "--verify")[0] == 0
    renumber(8)(meta)
    edit_metadata(folder, **meta)
    status, _, err = call(capsys, describe_dataset.cli, f"--dataset={folder}", "--verify")
    assert status == 1 and "counts.items is 20, the shards hold 12" in err
