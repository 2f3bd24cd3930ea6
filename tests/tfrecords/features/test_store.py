import json
import shutil

import numpy as np
import pytest

from tests.support.shop import write_shop
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.features.store import list_features, load_features, save_features
from tfrecords.features.writer import FeatureWriter

ITEMS, DIM = 12, 5
ROWS = np.random.default_rng(0).normal(size=[ITEMS, DIM]).astype(np.float32)
MADE_BY = {"network": "resnet50", "epsilon": 0.001}


@pytest.fixture
def dataset(tmp_path):
    shop = write_shop(tmp_path / "shop", items=ITEMS)
    return build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "data"), progress=False)


@pytest.fixture(scope="module")
def wardrobe(make_folder):
    output = make_folder("wardrobe") / "data"
    config = BuildConfig(source="wardrobe", output=output, users=8, items=100, image_size=32)
    return build_dataset(config, progress=False)


def files(dataset):
    return sorted(path.name for path in (dataset.path / "features").iterdir())


def test_rows_come_back_in_item_order_and_memory_mapped(dataset):
    path = save_features(dataset, "mine-1", [ROWS[:5], ROWS[5], ROWS[6:]], DIM, MADE_BY)
    name, features = load_features(Dataset.open(dataset.path))
    assert name == "mine-1"
    assert isinstance(features, np.memmap) and features.dtype == np.float32
    np.testing.assert_array_equal(features, ROWS)
    np.testing.assert_array_equal(np.load(path), ROWS)
    assert files(dataset) == ["mine-1.json", "mine-1.npy"]
    assert json.loads(path.with_suffix(".json").read_text()) == {
        "name": "mine-1",
        "dim": DIM,
        "items": ITEMS,
        "dataset_fingerprint": dataset.fingerprint,
        "made_by": MADE_BY,
    }


def test_a_name_is_needed_only_among_several(dataset, wardrobe):
    with pytest.raises(InputError, match=r"no features are here; tools\.extract_features makes them"):
        load_features(dataset)
    save_features(dataset, "one", [ROWS], DIM, {})
    assert load_features(dataset)[0] == "one"
    save_features(dataset, "two", [2 * ROWS], DIM, {})
    assert list_features(dataset) == ["one", "two"]
    with pytest.raises(InputError, match="choose one with features: one, two"):
        load_features(dataset)
    np.testing.assert_array_equal(load_features(dataset, "two")[1], 2 * ROWS)
    with pytest.raises(InputError, match="no features called three; there are one, two"):
        load_features(dataset, "three")
    with pytest.raises(InputError, match="no features are stored with the items"):
        load_features(dataset, "items")


def test_features_stored_with_the_items(wardrobe, tmp_path):
    assert list_features(wardrobe) == ["items"]
    name, features = load_features(wardrobe)
    assert name == "items"
    np.testing.assert_array_equal(features, wardrobe.item_features)
    copy = Dataset.open(shutil.copytree(wardrobe.path, tmp_path / "copy"))
    save_features(copy, "file", [np.eye(100, 2)], 2, {})
    assert list_features(copy) == ["file", "items"]
    assert load_features(copy)[0] == "file"
    np.testing.assert_array_equal(load_features(copy, "items")[1], wardrobe.item_features)


@pytest.mark.parametrize("name", ["", "a b", "../a", "a/b", "a.b", "a" * 201, "items"])
def test_names(dataset, name):
    with pytest.raises(InputError, match=f"name={name}: "):
        save_features(dataset, name, [ROWS], DIM, {})
    assert not (dataset.path / "features").exists()


def test_what_is_not_finite_is_named_and_leaves_nothing(dataset):
    bad = ROWS.copy()
    bad[7, 3] = np.inf
    with pytest.raises(InputError, match="row 7, item i7, has a value that is NaN or infinite"):
        save_features(dataset, "mine", [bad[:6], bad[6:]], DIM, {})
    assert files(dataset) == []
    bad[7, 3] = 3e38
    with pytest.raises(InputError, match=r"row 7, item i7, is longer than 1e\+15"):
        save_features(dataset, "mine", [bad], DIM, {})
    path = save_features(dataset, "mine", [ROWS], DIM, {})
    written = np.load(path, mmap_mode="r+")
    written[0, 0] = np.nan
    written.flush()
    with pytest.raises(InputError, match=r"mine\.npy: row 0, item i0, has a value"):
        load_features(dataset)


@pytest.mark.parametrize("rows", [[ROWS[:, :4]], [ROWS[:11]], [ROWS, ROWS[:1]]])
def test_rows_that_do_not_fit_leave_nothing(dataset, rows):
    with pytest.raises(ValueError):
        save_features(dataset, "mine", rows, DIM, {})
    assert files(dataset) == []


def test_a_file_that_is_not_whole_or_not_ours(dataset):
    path = save_features(dataset, "mine", [ROWS], DIM, {})
    whole = path.read_bytes()
    for content in (whole[:-1], whole[:60], b"", whole + b"x"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"mine\.npy: .*overwrite"):
            load_features(dataset)
    for array in (ROWS[:11], ROWS.astype(np.float64), np.asfortranarray(ROWS), ROWS.ravel()):
        np.save(path, array)
        with pytest.raises(InputError, match=r"float32 \[12, 5\] row by row expected"):
            load_features(dataset)
    with path.open("wb") as file:
        np.savez(file, ROWS)
    with pytest.raises(InputError, match=r"mine\.npy: not a whole \.npy file"):
        load_features(dataset)
    path.unlink()
    with pytest.raises(InputError, match=r"mine\.npy: "):
        load_features(dataset)
    described = path.with_suffix(".json")
    record = json.loads(described.read_text())
    np.save(path, ROWS[:, :0])
    described.write_text(json.dumps(record | {"dim": 0}))
    with pytest.raises(InputError, match=r"mine\.npy: float32 \[12, 0\]"):
        load_features(dataset)
    for content in ({}, [], record | {"made_by": 3}, record | {"dim": "5"}):
        described.write_text(json.dumps(content))
        with pytest.raises(InputError, match=r"mine\.json: no whole description .*overwrite"):
            load_features(dataset)


def test_features_of_another_data_set(dataset, tmp_path):
    save_features(dataset, "mine", [ROWS], DIM, {})
    shop = write_shop(tmp_path / "other", items=ITEMS)
    other = build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "b", seed=1), progress=False)
    shutil.copytree(dataset.path / "features", other.path / "features")
    with pytest.raises(InputError, match="made for another data set"):
        load_features(other)


def test_what_is_there_is_replaced_only_on_request(dataset):
    save_features(dataset, "mine", [ROWS], DIM, {})
    with pytest.raises(InputError, match="already; pass overwrite"):
        save_features(dataset, "mine", [2 * ROWS], DIM, {})
    with pytest.raises(InputError, match="NaN"):
        save_features(dataset, "mine", [np.nan * ROWS], DIM, {}, overwrite=True)
    np.testing.assert_array_equal(load_features(dataset)[1], ROWS)
    save_features(dataset, "mine", [ROWS[:, :2]], 2, {}, overwrite=True)
    np.testing.assert_array_equal(load_features(dataset)[1], ROWS[:, :2])


def test_a_killed_writer_is_gone_on_with(dataset):
    unbroken = save_features(dataset, "unbroken", [ROWS], DIM, MADE_BY).read_bytes()
    first = FeatureWriter(dataset, "mine", DIM, MADE_BY)
    first.append(ROWS[:4])
    first._file.write(b"half a row that no progress record knows")
    first.close()
    assert list_features(dataset) == ["unbroken"]
    with pytest.raises(InputError, match=r"other settings \(epsilon 0\.001 there, 0\.1 now\); pass overwrite"):
        FeatureWriter(dataset, "mine", DIM, {**MADE_BY, "epsilon": 0.1})
    with pytest.raises(InputError, match=r"net none there, a\.h5 now, sha256 none there, aaaaaaaa\.\.\. now"):
        FeatureWriter(dataset, "mine", DIM, {**MADE_BY, "net": "a.h5", "sha256": "a" * 64})
    with FeatureWriter(dataset, "mine", DIM, MADE_BY) as second:
        assert second.done == 4
        with pytest.raises(ValueError, match="4 rows appended, 12 items"):
            second.finish()
    with FeatureWriter(dataset, "mine", DIM, MADE_BY) as third:
        assert third.done == 4
        third.append(ROWS[4:])
        assert third.finish().read_bytes() == unbroken
    assert files(dataset) == ["mine.json", "mine.npy", "unbroken.json", "unbroken.npy"]


def test_overwrite_goes_on_only_behind_the_same_settings(dataset):
    for epsilon, done in ((0.001, 0), (0.001, 4), (0.1, 0), (0.001, 0)):
        with FeatureWriter(dataset, "mine", DIM, {"epsilon": epsilon}, overwrite=True) as writer:
            assert writer.done == done
            if not done:
                writer.append(ROWS[:4])
    (dataset.path / "features" / ".mine.npy.partial").write_bytes(b"cut short")
    with FeatureWriter(dataset, "mine", DIM, {"epsilon": 0.001}) as writer:
        assert writer.done == 0
