import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dumps import asin, write_amazon, write_features, write_lines, write_photos
from shop import noise, write_shop

from tfrecords import schema, writer
from tfrecords.dataset import Dataset
from tfrecords.folder_lock import held
from tools.build_dataset import cli

ROOT = Path(__file__).parent.parent


def run(capsys, *arguments):
    """Runs the tool in this process: (exit status, stdout, the lines of stderr that are no progress bar)."""
    status = 0
    try:
        cli(["build_dataset", *map(str, arguments)])
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    lines = captured.err.replace("\r", "\n").splitlines()
    return status, captured.out, [line for line in lines if line.strip() and "photo/s" not in line]


@pytest.fixture
def shop(tmp_path):
    return write_shop(tmp_path / "shop")


def left_over(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


def test_csv(capsys, shop, tmp_path):
    status, out, errors = run(
        capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/a/data", "--fit=pad", "--name=mine"
    )
    assert (status, errors) == (0, [])
    assert out.splitlines()[0].split() == ["data", "set", "users", "items", "interactions", "categories"]
    assert out.splitlines()[2].split() == ["mine", "6", "12", "36", "3"]
    dataset = Dataset.open(tmp_path / "a/data")
    assert (dataset.fit, dataset.num_items) == ("pad", 12)
    assert left_over(tmp_path / "a") == ["data"]


def test_what_is_left_out_is_told(capsys, shop, tmp_path):
    (shop / "images/11.jpg").unlink()
    with (shop / "interactions.csv").open("a") as file:
        file.write("small,i1,0\nsmall,i1,0\n")
    status, out, _ = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--skip_bad_images")
    assert status == 0
    told = "1 duplicate interactions, 1 users under min actions, 1 interactions of those users, 1 items with bad images"
    assert f"left out: {told}" in out


def test_amazon(capsys, tmp_path):
    dump = write_amazon(tmp_path / "dump")
    features = write_features(tmp_path / "features.b", map(asin, range(12)))
    flags = ["--source=amazon", f"--input={dump}", f"--images={dump}/photos", f"--features={features}"]
    status, out, _ = run(capsys, *flags, "--subset=fashion", f"--output={tmp_path}/data")
    assert status == 0
    assert out.splitlines()[2].split() == ["amazon_fashion", "6", "11", "36", "6"]
    dataset = Dataset.open(tmp_path / "data")
    assert dataset.item_features.shape == (11, 4096)
    assert dataset.item_features[:, 0].tolist() == list(range(11))
    assert dataset.meta["subset"] == "fashion"


def test_amazon_cut_short(capsys, tmp_path):
    dump = write_amazon(tmp_path / "dump")
    reviews = dump / "reviews_Clothing.json.gz"
    reviews.write_bytes(reviews.read_bytes()[:-20])
    flags = ["--source=amazon", f"--input={dump}", f"--images={dump}/photos", "--subset=men"]
    status, _, errors = run(capsys, *flags, f"--output={tmp_path}/data")
    assert status == 1
    assert errors[-1].startswith(f"error: {reviews}, after line ")
    assert "not a whole gzip file" in errors[-1]
    assert left_over(tmp_path) == ["dump"]


def test_tradesy(capsys, tmp_path):
    lists = {"bought": [0, 1, 2], "want": [3, 4], "selling": [], "sold": []}
    path = write_lines(tmp_path / "tradesy.json.gz", [{"lists": lists, "uid": user} for user in range(3)])
    photos = write_photos(tmp_path / "photos", map(str, range(5)))
    flags = ["--source=tradesy", f"--input={path}", f"--images={photos}", f"--output={tmp_path}/data"]
    status, out, _ = run(capsys, *flags)
    assert status == 0
    assert out.splitlines()[2].split() == ["tradesy", "3", "5", "15", "0"]
    assert Dataset.open(tmp_path / "data").item_keys.tolist() == list("01234")


def test_wardrobe(capsys, tmp_path):
    status, out, _ = run(
        capsys, "--source=wardrobe", f"--output={tmp_path}/data", "--users=20", "--items=100", "--image_size=32"
    )
    assert status == 0
    assert "oracle" in out
    assert Dataset.open(tmp_path / "data").num_users == 20


def test_image_size_encodes_anew(capsys, shop, tmp_path):
    run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--image_size=16", "--shards=2")
    dataset = Dataset.open(tmp_path / "data")
    assert dataset.photo_sizes.tolist() == [[16, 21]] * 12
    assert dataset.meta["image_size"] == 16


BAD_FLAGS = {
    "no source": (["--output=x"], 2, "source"),
    "no output": (["--source=csv"], 2, "output"),
    "unknown source": (["--source=ebay", "--output=x"], 2, "ebay"),
    "unknown flag": (["--source=csv", "--output=x", "--colour=red"], 2, "colour"),
    "no input": (["--source=csv", "--output=x"], 1, "--source=csv needs --input"),
    "users of csv": (
        ["--source=csv", "--input=.", "--output=x", "--users=9"],
        1,
        "--users says nothing to --source=csv",
    ),
    "seed of release": (["--source=release", "--input=.", "--output=x", "--seed=1"], 1, "--seed says nothing to"),
    "seed 0 of release": (["--source=release", "--input=.", "--output=x", "--seed=0"], 1, "--seed says nothing to"),
    "min_actions of release": (
        ["--source=release", "--input=.", "--output=x", "--min_actions=5"],
        1,
        "--min_actions says",
    ),
    "input of wardrobe": (["--source=wardrobe", "--input=.", "--output=x"], 1, "--input says nothing to"),
    "skip in wardrobe": (["--source=wardrobe", "--output=x", "--skip_bad_images"], 1, "--skip_bad_images says nothing"),
    "names of csv": (["--source=csv", "--input=.", "--output=x", "--category_names=a,b"], 1, "--category_names says"),
    "amazon without input": (
        ["--source=amazon", "--output=x"],
        1,
        "needs --input, the folder with meta",
    ),
    "amazon without images": (
        ["--source=amazon", "--input=.", "--output=x"],
        1,
        "needs --images, the folder",
    ),
    "tradesy without images": (["--source=tradesy", "--input=.", "--output=x"], 1, "needs --images"),
    "amazon without subset": (
        ["--source=amazon", "--input=.", "--images=.", "--output=x"],
        1,
        "_path chooses",
    ),
    "unknown subset": (["--source=amazon", "--output=x", "--subset=girls"], 2, "should be one of <fashion|women|men>"),
    "levels of a subset": (
        ["--source=amazon", "--input=.", "--images=.", "--output=x", "--subset=men", "--category_levels=2"],
        1,
        "--category_levels says nothing to --subset=men",
    ),
    "subset of csv": (["--source=csv", "--input=.", "--output=x", "--subset=men"], 1, "--subset says nothing to"),
    "subset of tradesy": (
        ["--source=tradesy", "--input=.", "--images=.", "--output=x", "--subset=men"],
        1,
        "--subset says nothing to --source=tradesy",
    ),
    "features of csv": (["--source=csv", "--input=.", "--output=x", "--features=f.b"], 1, "--features says nothing to"),
    "names of amazon": (
        ["--source=amazon", "--input=.", "--images=.", "--output=x", "--subset=men", "--category_names=a"],
        1,
        "--category_names says nothing to",
    ),
    "min_actions": (["--source=csv", "--input=.", "--output=x", "--min_actions=2"], 1, "--min_actions=2: from 3"),
    "name": (["--source=csv", "--input=.", "--output=x", "--name=a\nb"], 1, r"--name='a\nb': text on one line"),
    "shards": (["--source=csv", "--input=.", "--output=x", "--shards=0"], 1, "--shards=0: from 1 to 1000 expected"),
    "many shards": (["--source=csv", "--input=.", "--output=x", "--shards=1001"], 1, "--shards=1001: from 1 to 1000"),
    "seed": (["--source=csv", "--input=.", "--output=x", "--seed=-1"], 1, "--seed=-1: from 0 to"),
    "tiny photos": (
        ["--source=csv", "--input=.", "--output=x", "--image_size=1"],
        1,
        "--image_size=1: 0 or at least 8",
    ),
}


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_flags_that_contradict(capsys, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    flags, status, message = BAD_FLAGS[case]
    code, _, errors = run(capsys, *flags)
    assert code == status
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert left_over(tmp_path) == []


def spoil_photo(shop):
    (shop / "images/11.jpg").write_bytes(noise(0)[:-300])


def spoil_purchase(shop):
    with (shop / "interactions.csv").open("a") as file:
        file.write("u1,nothing,0\n")


def spoil_users(shop):
    (shop / "interactions.csv").write_text("user_id,item_id\nu,i1\n")


@pytest.mark.parametrize("spoil", [spoil_photo, spoil_purchase, spoil_users])
def test_bad_input_is_one_line_and_leaves_nothing(capsys, shop, tmp_path, spoil):
    spoil(shop)
    status, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 1
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {shop}")
    assert left_over(tmp_path) == ["shop"]


def test_an_output_that_is_taken(capsys, shop, tmp_path):
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data"]
    run(capsys, *flags)
    before = Dataset.open(tmp_path / "data").fingerprint
    status, _, errors = run(capsys, *flags, "--seed=1")
    assert (status, len(errors)) == (1, 1)
    assert "a data set is here already; pass --overwrite" in errors[0]
    assert Dataset.open(tmp_path / "data").fingerprint == before
    assert run(capsys, *flags, "--seed=1", "--overwrite")[0] == 0
    assert Dataset.open(tmp_path / "data").fingerprint != before
    assert left_over(tmp_path) == ["data", "shop"]


def test_a_failed_overwrite_keeps_the_old_one(capsys, shop, tmp_path):
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data"]
    run(capsys, *flags)
    spoil_photo(shop)
    assert run(capsys, *flags, "--overwrite")[0] == 1
    Dataset.open(tmp_path / "data").verify()
    assert left_over(tmp_path) == ["data", "shop"]


def test_folders_that_are_no_data_set_are_never_replaced(capsys, shop, tmp_path):
    for flags in ([], ["--overwrite"]):
        status, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={shop}", *flags)
        assert status == 1
        assert "holds files that are no data set" in errors[0]
    (tmp_path / "file").write_text("mine")
    status, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/file", "--overwrite")
    assert "file: a file is here already" in errors[0]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_in_the_way_of_the_output(capsys, shop, tmp_path):
    (tmp_path / "file").write_text("mine")
    for below in ("x", "x/y"):
        _, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/file/{below}")
        assert errors == [
            f"error: {tmp_path}/file/{below}: {tmp_path}/file is a file, not a folder; name another output"
        ]


def test_an_output_whose_name_is_too_long(capsys, shop, tmp_path):
    _, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/{'x' * 241}")
    assert errors == [f"error: {'x' * 40}...: a name of at most 240 bytes expected; name another output"]
    assert left_over(tmp_path) == ["shop"]


def test_more_shards_than_items_are_refused_only_when_asked_for(capsys, tmp_path):
    shop = write_shop(tmp_path / "shop", items=3, purchases={"u": range(3)})
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--min_actions=3"]
    _, _, errors = run(capsys, *flags, "--shards=4")
    assert errors == ["error: --shards=4: at most 3, the number of items, expected"]
    assert run(capsys, *flags)[0] == 0
    assert len(Dataset.open(tmp_path / "data").meta["shards"]) == 3 + 1


def test_an_empty_output_folder_is_used(capsys, shop, tmp_path):
    (tmp_path / "data").mkdir()
    assert run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")[0] == 0
    Dataset.open(tmp_path / "data").verify()


def test_a_full_disk(capsys, shop, tmp_path, monkeypatch):
    # Every shard is the device that is always full.
    monkeypatch.setattr(schema, "shard_name", lambda stem, shard, shards: "/dev/full")
    status, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 1
    assert errors == ["error: the disk is full: free some space and run the same command again"]
    assert left_over(tmp_path) == ["shop"]


def test_a_disk_that_fills_up_at_the_end(capsys, shop, tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "METADATA_FILE", "/dev/full")
    status, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 1
    assert "the disk is full" in errors[0]
    assert left_over(tmp_path) == ["shop"]


def test_metadata_comes_last(capsys, shop, tmp_path, monkeypatch):
    seen = []
    original = writer.write_metadata
    monkeypatch.setattr(
        "tfrecords.build.write_metadata",
        lambda folder, metadata: (seen.extend(path.name for path in folder.iterdir()), original(folder, metadata)),
    )
    assert run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")[0] == 0
    assert sorted(seen) == sorted(shard["file"] for shard in Dataset.open(tmp_path / "data").meta["shards"])


# Holds the build up just before its last file.
HELD_UP = """
import time
import tfrecords.build
from tools.build_dataset import cli

tfrecords.build.write_metadata = lambda *_: time.sleep(600)
cli()
"""


@pytest.mark.parametrize(("sent", "left"), [(signal.SIGKILL, [".data.partial", "shop"]), (signal.SIGTERM, ["shop"])])
def test_killed_half_way_and_started_again(capsys, shop, tmp_path, sent, left):
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data"]
    with subprocess.Popen([sys.executable, "-c", HELD_UP, *flags], cwd=ROOT, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 300
        while not list(tmp_path.glob(".data.partial/users*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(sent)
        shown = process.stderr.read().decode()
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGTERM: 130}[sent]
    assert "Traceback" not in shown
    assert left_over(tmp_path) == left
    assert run(capsys, *flags)[0] == 0
    assert left_over(tmp_path) == ["data", "shop"]
    Dataset.open(tmp_path / "data").verify()


def test_one_build_at_a_time(capsys, shop, tmp_path):
    with held(tmp_path / ".data.partial", "building a data set"):
        _, _, errors = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    partial = tmp_path / ".data.partial"
    assert errors == [f"error: {partial}: another process is building a data set here; wait for it to end"]


def test_interrupted(capsys, shop, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfrecords.build.write_metadata", interrupt)
    status, _, _ = run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 130
    assert left_over(tmp_path) == ["shop"]


def test_the_metadata_in_full(capsys, shop, tmp_path):
    run(capsys, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--seed=3")
    meta = json.loads((tmp_path / "data/dataset.json").read_text())
    assert (meta["format_version"], meta["source"], meta["split"]["seed"]) == (1, "csv", 3)
    assert meta["category_counts"] == {"c0": 4, "c1": 4, "c2": 4}
    assert [shard["examples"] for shard in meta["shards"]] == [3, 3, 3, 3, 6]
    for shard in meta["shards"]:
        assert writer.file_sha256(tmp_path / "data" / shard["file"]) == shard["sha256"]
