"""tools.embed: the vectors of a folder of photos, and what reads them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tf_dvbpr
from tests.support.shop import noise
from tests.support.tool import names, run
from tf_dvbpr.features.config import ExtractConfig
from tf_dvbpr.features.extract import extract
from tfrecords.features.store import load_features
from tfrecords.features.vector_shards import EmbeddedPhotos
from tools.embed import cli

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def photos(make_folder, planted):
    """The photos of the planted items in two folders, a file that is no photo, and a hidden one."""
    folder = make_folder("photos")
    (folder / "b").mkdir()
    for item, (key, photo) in enumerate(zip(planted.item_keys, planted.encoded_photos(range(90)), strict=True)):
        (folder / ("b" if item % 2 else ".") / f"{key}.jpg").write_bytes(photo)
    (folder / "b/notes.txt").write_text("no photo")
    (folder / ".hidden").write_text("")
    return folder


@pytest.fixture(scope="module")
def embedded(photos, small_recommender, make_folder):
    output = make_folder("embedded") / "out"
    cli(["tool", f"--workdir={small_recommender}", f"--photos={photos}", f"--output={output}", "--shards=4"])
    return output


def test_rows_are_the_style_vectors_of_the_items(embedded, small_recommender, planted):
    found = EmbeddedPhotos(embedded)
    assert (len(found), found.dim, len(list(found.blocks()))) == (90, 8, 4)
    assert set(found.keys) == set(planted.item_keys.tolist())
    # By the path of their files: b/i1.jpg, b/i11.jpg, ... i88.jpg.
    assert found.keys[:2] == ["i1", "i11"] and found.keys[-1] == "i88"
    rows = {key: found.row(number) for number, key in enumerate(found.keys)}
    recommender = tf_dvbpr.Recommender.open(small_recommender)
    expected = dict(zip(recommender.items, recommender.item_factors, strict=True))
    for key, row in rows.items():
        np.testing.assert_allclose(row, expected[key], rtol=1e-4, atol=1e-6)


def test_what_the_folder_says(embedded):
    meta = json.loads((embedded / "embedded.json").read_text())
    assert (meta["rows"], meta["dim"]) == (90, 8)
    assert [shard["rows"] for shard in meta["shards"]] == [22, 23, 22, 23]
    assert meta["bad_photos"] == [
        {"photo": "b/notes.txt", "reason": "no image of a known format, or its header is corrupt"}
    ]
    assert meta["made_by"]["layer"] == "the style vector" and meta["made_by"]["image_size"] == 32
    for shard in meta["shards"]:
        table = np.load(embedded / shard["vectors"], allow_pickle=False)
        assert table.dtype == np.float32 and table.shape == (shard["rows"], 8)
        assert len((embedded / shard["keys"]).read_text().splitlines()) == shard["rows"]


def test_the_features_of_a_data_set_come_from_them(embedded, own_planted):
    made = extract(ExtractConfig(dataset=own_planted.path, from_file=embedded, name="phi"), progress=False)
    assert made.record["made_by"]["from_file"] == "out"
    _, rows = load_features(own_planted, "phi")
    found = EmbeddedPhotos(embedded)
    for number, key in enumerate(found.keys):
        item = own_planted.item_keys.tolist().index(key)
        np.testing.assert_array_equal(rows[item], found.row(number))


def test_scores_of_the_vectors(embedded, small_recommender):
    recommender, photos = tf_dvbpr.Recommender.open(small_recommender), EmbeddedPhotos(embedded)
    vectors = np.concatenate(list(photos.blocks()))
    np.testing.assert_allclose(
        recommender.score_vectors("u3", vectors), recommender.score("u3", photos.keys), rtol=1e-3, atol=1e-5
    )
    with pytest.raises(tf_dvbpr.InputError, match="vectors: \\[90, 7\\]; \\[photos, 8\\] expected"):
        recommender.score_vectors("u3", vectors[:, :7])


def test_a_vector_depends_on_its_photo_alone(capsys, embedded, photos, small_recommender, tmp_path):
    shutil.copytree(photos / "b", tmp_path / "some")
    flags = [f"--workdir={small_recommender}", f"--photos={tmp_path}/some", f"--output={tmp_path}/out"]
    assert run(capsys, cli, *flags)[0] == 0
    all_rows, some = EmbeddedPhotos(embedded), EmbeddedPhotos(tmp_path / "out")
    rows = dict(zip(all_rows.keys, np.concatenate(list(all_rows.blocks())), strict=True))
    for number, key in enumerate(some.keys):
        np.testing.assert_allclose(some.row(number), rows[key], rtol=1e-5, atol=1e-7)


def test_features_of_a_network(capsys, photos, tiny_weights, planted, tmp_path):
    flags = ["--network=mobilenet", f"--weights={tiny_weights}", f"--photos={photos}", "--keys=path", "--batch_size=16"]
    status, out, _ = run(capsys, cli, *flags, f"--output={tmp_path}/out")
    assert status == 0 and f"{tmp_path}/out: float32 [90, 6] in 1 shards, written" in out
    found = EmbeddedPhotos(tmp_path / "out")
    assert found.keys[0] == "b/i1.jpg"
    made = extract(
        ExtractConfig(dataset=_copy(planted, tmp_path), network="mobilenet", weights=Path(tiny_weights)), progress=False
    )
    expected = np.load(made.path)[1]
    np.testing.assert_allclose(found.row(0), expected, rtol=1e-4, atol=1e-5)
    assert found.meta["made_by"]["weights_sha256"] == made.record["made_by"]["weights_sha256"]


def _copy(dataset, folder):
    return shutil.copytree(dataset.path, folder / "copy")


BAD = {
    "neither": ([], "--workdir, a training of DVBPR, or --network expected"),
    "both": (["--workdir=x", "--network=lite0"], "--workdir and --network contradict each other"),
    "weights of a run": (["--workdir=x", "--weights=y"], "--weights has no effect with --workdir"),
    "data set of a network": (["--network=lite0", "--dataset=y"], "--dataset has no effect with --network"),
    "no folder": (["--workdir=x", "--photos=nowhere"], "--photos=nowhere: no such folder"),
    "elsewhere": (["--workdir=x", "--photos=s3://b/p"], "--photos=s3://b/p: a folder on this machine expected"),
    "no run": (["--workdir=nowhere"], "nowhere"),
    "shards": (["--workdir=x", "--shards=99"], "--shards=99: at most 92, the number of files, expected"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_settings(capsys, photos, tmp_path, case):
    flags, message = BAD[case]
    photos_flag = [] if any("--photos" in flag for flag in flags) else [f"--photos={photos}"]
    if case == "shards":
        (photos / "b/more.txt").write_text("no photo")
    status, _, errors = run(capsys, cli, f"--output={tmp_path}/out", *photos_flag, *flags)
    (photos / "b/more.txt").unlink(missing_ok=True)
    assert status == 1 and message in errors[-1]
    assert names(tmp_path) == []


def test_two_photos_with_one_key(capsys, tmp_path):
    for path in ("a/1.jpg", "b/1.png"):
        (tmp_path / "photos" / path).parent.mkdir(parents=True)
        (tmp_path / "photos" / path).write_bytes(noise(0))
    status, _, errors = run(capsys, cli, "--workdir=x", f"--photos={tmp_path}/photos", f"--output={tmp_path}/out")
    assert status == 1
    assert errors[-1].endswith("a/1.jpg and b/1.png have one key, '1'; rename one of them, or pass --keys=path")


def test_no_photo_at_all(capsys, small_recommender, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/notes.txt").write_text("no photo")
    flags = [f"--workdir={small_recommender}", f"--photos={tmp_path}/photos", f"--output={tmp_path}/out"]
    status, _, errors = run(capsys, cli, *flags)
    assert status == 1
    assert "none of its 1 files is a photo that can be read (the first, notes.txt: no image of a" in errors[-1]
    assert names(tmp_path) == ["photos"]


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("embedded.json", lambda path: path.write_text("{}"), "not a whole embedded.json"),
        ("vectors-00001-of-00004.npy", lambda path: path.unlink(), "this shard is missing"),
        ("vectors-00001-of-00004.npy", lambda path: path.write_bytes(b"x"), "1 bytes, embedded.json says"),
        ("keys-00003-of-00004.txt", lambda path: path.write_text("i1\n"), "1 keys for 23 rows"),
    ],
)
def test_a_damaged_folder(embedded, own_planted, tmp_path, name, damage, message):
    folder = shutil.copytree(embedded, tmp_path / "out")
    damage(folder / name)
    with pytest.raises(tf_dvbpr.InputError, match=message):
        extract(ExtractConfig(dataset=own_planted.path, from_file=folder, name="damaged"), progress=False)
