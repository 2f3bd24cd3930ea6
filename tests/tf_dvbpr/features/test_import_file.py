"""Features from a file: in item order, by key, and the authors' .b file."""

import functools

import numpy as np
import pytest

from tests.support.tool import call, fails, names
from tf_dvbpr.features import extract
from tfrecords.errors import InputError
from tfrecords.features.store import load_features, save_features
from tfrecords.files.folder_lock import locked
from tfrecords.files.npy_file import map_npy
from tools import extract_features

ITEMS = 12


@pytest.fixture
def run(capsys):
    """Runs the tool: (exit status, standard output, standard error)."""
    return functools.partial(call, capsys, extract_features.cli)


def test_an_npy_file_in_item_order(run, dataset, tmp_path):
    rows = np.random.default_rng(0).normal(size=[ITEMS, 3])
    np.save(tmp_path / "mine.npy", rows)
    status, out, _ = run(f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy")
    assert status == 0 and "mine: 3 values an item from mine.npy" in out
    name, features = load_features(dataset)
    assert name == "mine"
    np.testing.assert_array_equal(features, rows.astype(np.float32))
    assert run(f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy")[1].endswith("there already\n")
    np.save(tmp_path / "mine.npy", 2 * rows)
    assert "sha256" in fails(run, f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy")

    rows[4, 1] = np.nan
    np.save(tmp_path / "bad.npy", rows)
    line = fails(run, f"--dataset={dataset.path}", f"--from_file={tmp_path}/bad.npy")
    assert "row 4, item i4, has a value that is NaN" in line
    for name, content, message in (
        ("short", rows[:11], "11 rows for 12 items; give --keys"),
        ("flat", rows[0], "float64 [3]; numbers [rows, F] expected"),
        ("words", np.array([["a"]]), "numbers [rows, F] expected"),
        ("pickled", np.array([{}]), "not a whole .npy file of plain values"),
    ):
        np.save(tmp_path / f"{name}.npy", content)
        assert message in fails(run, f"--dataset={dataset.path}", f"--from_file={tmp_path}/{name}.npy")
    assert "a .b or .npy file expected" in fails(run, f"--dataset={dataset.path}", "--from_file=a.csv")
    with (tmp_path / "zip.npy").open("wb") as file:
        np.savez(file, rows)
    assert "not a whole .npy file of plain values" in fails(
        run, f"--dataset={dataset.path}", f"--from_file={tmp_path}/zip.npy"
    )
    assert "no such file" in fails(run, f"--dataset={dataset.path}", "--from_file=nowhere.npy")


@pytest.mark.parametrize("value", [0, -0.0, 7.5])
def test_features_that_tell_no_item_from_another_are_refused(run, dataset, tmp_path, value):
    file = tmp_path / "mine.npy"
    np.save(file, np.full([ITEMS, 3], value))
    what = "the same values" if value else "zeros alone"
    line = fails(run, f"--dataset={dataset.path}", f"--from_file={file}")
    assert f"features mine: all 12 items have {what}, which tell no item from another" in line
    assert names(dataset.path / "features") == []
    save_features(dataset, "mine", [np.load(file)], 3, {})
    with pytest.raises(InputError, match=f"mine.npy: features mine: all 12 items have {what}"):
        load_features(dataset)


def test_items_with_zeros_alone_are_named(run, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("tfrecords.features.store._BLOCK_BYTES", 60)  # Five rows.
    rows = np.random.default_rng(0).normal(size=[ITEMS, 3])
    rows[[4, 7, 11]] = 0
    rows[5, :2] = 0
    np.save(tmp_path / "mine.npy", rows)
    status, out, _ = run(f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy")
    assert status == 0 and "warning: 3 of 12 items have zeros alone, the first of them i4: " in out
    np.testing.assert_array_equal(load_features(dataset)[1], rows.astype(np.float32))


@pytest.mark.parametrize("where", [0, 5, 20, 127, 128, 140, 128 + 8 * 3 * ITEMS])
@pytest.mark.parametrize("change", ["more", "fewer"])
def test_bytes_too_many_or_too_few_shift_nothing(run, dataset, tmp_path, where, change):
    file = tmp_path / "mine.npy"
    np.save(file, np.random.default_rng(0).normal(size=[ITEMS, 3]))
    whole = file.read_bytes()
    behind = where if change == "more" else where + 8
    file.write_bytes(whole[:where] + b"\0" * 8 * (change == "more") + whole[behind:])
    if file.read_bytes() == whole:  # Nothing is behind the last byte to be taken away.
        file.write_bytes(whole[:-8])
    line = fails(run, f"--dataset={dataset.path}", f"--from_file={file}")
    assert "not a whole .npy file of plain values (" in line
    assert not (dataset.path / "features/mine.npy").exists()


def test_a_flipped_bit_in_a_header(run, dataset, tmp_path):
    """Whichever it is: the file is refused, or its values are the right ones."""
    file = tmp_path / "mine.npy"
    rows = np.random.default_rng(0).normal(size=[ITEMS, 3])
    np.save(file, rows)
    whole = file.read_bytes()
    refused = 0
    for bit in range(1, 8 * 128, 3):  # Among them is the one that turns the order of bytes.
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        try:
            found = map_npy(file)
        except ValueError as error:
            assert "\n" not in str(InputError(str(error)))
            refused += 1
            continue
        if found.dtype != rows.dtype or not np.array_equal(found, rows):
            line = fails(run, f"--dataset={dataset.path}", f"--from_file={file}")  # such as another order of bytes
            assert "has a value that is NaN or infinite" in line or "is longer than" in line
    assert refused > 300


def test_a_file_mended_after_a_refusal_is_taken(run, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(extract.import_file, "_BLOCK", 5)
    rows = np.random.default_rng(0).normal(size=[ITEMS, 3])
    bad = rows.copy()
    bad[7] = np.inf
    command = [f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy"]
    np.save(tmp_path / "mine.npy", bad)
    assert "row 7, item i7" in fails(run, *command)
    np.save(tmp_path / "mine.npy", rows)
    assert run(*command)[0] == 0
    np.testing.assert_array_equal(load_features(dataset)[1], rows.astype(np.float32))


def test_one_extraction_at_a_time(run, dataset, tmp_path):
    np.save(tmp_path / "mine.npy", np.eye(ITEMS))
    command = [f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy"]
    with locked(dataset.path / "features", "making features"):
        assert "features: another process is making features here; wait for it to end" in fails(run, *command)
    assert run(*command)[0] == 0


@pytest.mark.parametrize("form", ["txt", "npy"])
def test_an_npy_file_with_keys(run, dataset, tmp_path, form):
    order = np.random.default_rng(1).permutation(ITEMS + 2)  # Two rows are of items that the data set has not.
    keys = [f"i{item}" for item in order]
    rows = np.stack([order, 10 * order], axis=1)
    file = tmp_path / f"keys.{form}"

    def write(keys):
        if form == "txt":
            file.write_text("\n".join(keys) + "\n")
        else:
            np.save(file, np.array(keys))

    np.save(tmp_path / "mine.npy", rows)
    command = [f"--dataset={dataset.path}", f"--from_file={tmp_path}/mine.npy", f"--keys={file}"]
    write(keys)
    assert run(*command)[0] == 0
    items = np.arange(ITEMS)
    np.testing.assert_array_equal(load_features(dataset)[1], np.stack([items, 10 * items], axis=1))
    if form == "txt":
        file.write_text("\ufeff" + "\n".join(keys), encoding="utf-8")
        assert run(*command, "--name=marked")[0] == 0
        np.testing.assert_array_equal(load_features(dataset, "marked")[1], np.stack([items, 10 * items], axis=1))

    write(keys[1:])
    assert "13 keys for 14 rows" in fails(run, *command)
    write([*keys[:-1], keys[0]])
    assert f"the key {keys[0]} stands twice" in fails(run, *command)
    write([f"other{key}" if key in ("i0", "i7") else key for key in keys])
    assert "no row for 2 of 12 items, the first of them i0;" in fails(run, *command)
    if form == "npy":
        np.save(file, np.arange(ITEMS + 2))
        assert "unicode [rows] expected" in fails(run, *command)


def test_a_b_file(run, dataset, tmp_path):
    rows = np.random.default_rng(0).normal(size=[ITEMS, 4096]).astype("<f4")
    file = tmp_path / "image_features.b"

    def write(items):
        file.write_bytes(b"".join(f"i{item}".ljust(10).encode() + rows[item].tobytes() for item in items))

    command = [f"--dataset={dataset.path}", f"--from_file={file}"]
    write([item for item in reversed(range(ITEMS)) if item not in (0, 5, 11)])
    assert "no row for 3 of 12 items, the first of them i0;" in fails(run, *command)
    write(reversed(range(ITEMS)))
    assert run(*command)[0] == 0
    name, features = load_features(dataset)
    assert name == "image_features"
    np.testing.assert_array_equal(features, rows)
    assert "--keys=k.txt: a .b file holds its keys itself" in fails(run, *command, "--keys=k.txt", "--overwrite")
