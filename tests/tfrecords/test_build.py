"""tools.build_dataset: every source, and the flags and input that it refuses."""

import json
import os

import pytest

from tests.support.dumps import ROOT, asin, metadata, write_amazon, write_features, write_lines, write_photos
from tests.support.shop import noise, write_shop
from tests.support.tool import names, run
from tfrecords.dataset import Dataset
from tfrecords.files.sha256 import file_sha256
from tools.build_dataset import cli


def test_csv(capsys, shop, tmp_path):
    status, out, errors = run(
        capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/a/data", "--fit=pad", "--name=mine"
    )
    assert (status, errors) == (0, [])
    assert out.splitlines()[0].split() == ["data", "set", "users", "items", "interactions", "categories"]
    assert out.splitlines()[2].split() == ["mine", "6", "12", "36", "3"]
    dataset = Dataset.open(tmp_path / "a/data")
    assert (dataset.fit, dataset.num_items) == ("pad", 12)
    assert names(tmp_path / "a") == ["data"]


def test_what_is_left_out_is_told(capsys, shop, tmp_path):
    (shop / "images/11.jpg").unlink()
    with (shop / "interactions.csv").open("a") as file:
        file.write("small,i1,0\nsmall,i1,0\n")
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--skip_bad_images"]
    status, out, _ = run(capsys, cli, *flags)
    assert status == 0
    told = "1 duplicate interactions, 1 users under min actions, 1 interactions of those users, 1 items with bad images"
    assert f"left out: {told}" in out
    table = out.splitlines()
    assert table[table.index("bad image  reason") + 2].startswith("i11        ")


def test_amazon(capsys, tmp_path):
    dump = write_amazon(tmp_path / "dump")
    features = write_features(tmp_path / "features.b", map(asin, range(12)))
    flags = ["--source=amazon", f"--input={dump}", f"--images={dump}/photos", f"--features={features}"]
    status, out, _ = run(capsys, cli, *flags, "--subset=fashion", f"--output={tmp_path}/data")
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
    status, _, errors = run(capsys, cli, *flags, f"--output={tmp_path}/data")
    assert status == 1
    assert errors[-1].startswith(f"error: {reviews}, after line ")
    assert "not a whole gzip file" in errors[-1]
    assert names(tmp_path) == ["dump"]


def test_tradesy(capsys, tmp_path):
    lists = {"bought": [0, 1, 2], "want": [3, 4], "selling": [], "sold": []}
    path = write_lines(tmp_path / "tradesy.json.gz", [{"lists": lists, "uid": user} for user in range(3)])
    photos = write_photos(tmp_path / "photos", map(str, range(5)))
    flags = ["--source=tradesy", f"--input={path}", f"--images={photos}", f"--output={tmp_path}/data"]
    status, out, _ = run(capsys, cli, *flags)
    assert status == 0
    assert out.splitlines()[2].split() == ["tradesy", "3", "5", "15", "0"]
    assert Dataset.open(tmp_path / "data").item_keys.tolist() == list("01234")


def test_wardrobe(capsys, tmp_path):
    status, out, _ = run(
        capsys, cli, "--source=wardrobe", f"--output={tmp_path}/data", "--users=20", "--items=100", "--image_size=32"
    )
    assert status == 0
    assert "oracle" in out
    assert Dataset.open(tmp_path / "data").num_users == 20


def test_image_size_encodes_anew(capsys, shop, tmp_path):
    run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--image_size=16", "--shards=2")
    dataset = Dataset.open(tmp_path / "data")
    assert dataset.photo_sizes.tolist() == [[16, 21]] * 12
    assert dataset.meta["image_size"] == 16


BAD_FLAGS = {
    "no source": (["--output=x"], 2, "source"),
    "no output": (["--source=csv"], 2, "output"),
    "unknown source": (["--source=ebay", "--output=x"], 2, "ebay"),
    "unknown flag": (["--source=csv", "--output=x", "--colour=red"], 2, "colour"),
    "no input": (["--source=csv", "--output=x"], 1, "--source=csv needs --input"),
    "table without input": (["--source=table", "--output=x"], 1, "needs --input, the folder with interactions and"),
    "queries of csv": (
        ["--source=csv", "--input=.", "--output=x", "--items_query=SELECT 1"],
        1,
        "--items_query has no effect with --source=csv",
    ),
    "columns of amazon": (
        ["--source=amazon", "--input=.", "--images=.", "--output=x", "--subset=men", "--user_column=user"],
        1,
        "--user_column has no effect with --source=amazon",
    ),
    "width": (
        ["--source=csv", "--input=.", "--output=x", "--item_width=0"],
        1,
        "--item_width=0: expected from 1 to 100",
    ),
    "blank column": (["--source=csv", "--input=.", "--output=x", "--user_column= "], 1, "expected a column's name"),
    "users of csv": (
        ["--source=csv", "--input=.", "--output=x", "--users=9"],
        1,
        "--users has no effect with --source=csv",
    ),
    "seed of release": (["--source=release", "--input=.", "--output=x", "--seed=1"], 1, "--seed has no effect with"),
    "seed 0 of release": (["--source=release", "--input=.", "--output=x", "--seed=0"], 1, "--seed has no effect with"),
    "min_actions of release": (
        ["--source=release", "--input=.", "--output=x", "--min_actions=5"],
        1,
        "--min_actions has no effect",
    ),
    "input of wardrobe": (["--source=wardrobe", "--input=.", "--output=x"], 1, "--input has no effect with"),
    "skip in wardrobe": (
        ["--source=wardrobe", "--output=x", "--skip_bad_images"],
        1,
        "--skip_bad_images has no effect",
    ),
    "names of csv": (
        ["--source=csv", "--input=.", "--output=x", "--category_names=a,b"],
        1,
        "--category_names has no effect",
    ),
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
        "--category_levels has no effect with --subset=men",
    ),
    "subset of csv": (["--source=csv", "--input=.", "--output=x", "--subset=men"], 1, "--subset has no effect with"),
    "subset of tradesy": (
        ["--source=tradesy", "--input=.", "--images=.", "--output=x", "--subset=men"],
        1,
        "--subset has no effect with --source=tradesy",
    ),
    "features of csv": (
        ["--source=csv", "--input=.", "--output=x", "--features=f.b"],
        1,
        "--features has no effect with",
    ),
    "names of amazon": (
        ["--source=amazon", "--input=.", "--images=.", "--output=x", "--subset=men", "--category_names=a"],
        1,
        "--category_names has no effect with",
    ),
    "min_actions": (
        ["--source=csv", "--input=.", "--output=x", "--min_actions=2"],
        1,
        "--min_actions=2: expected from 3",
    ),
    "name": (["--source=csv", "--input=.", "--output=x", "--name=a\nb"], 1, r"--name=a\nb: expected text on one line"),
    "shards": (["--source=csv", "--input=.", "--output=x", "--shards=0"], 1, "--shards=0: expected from 1 to 1000"),
    "many shards": (
        ["--source=csv", "--input=.", "--output=x", "--shards=1001"],
        1,
        "--shards=1001: expected from 1 to 1000",
    ),
    "seed": (["--source=csv", "--input=.", "--output=x", "--seed=-1"], 1, "--seed=-1: expected from 0 to"),
    "tiny photos": (
        ["--source=csv", "--input=.", "--output=x", "--image_size=1"],
        1,
        "--image_size=1: expected 0 or at least 8",
    ),
}


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_flags_that_contradict(capsys, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    flags, status, message = BAD_FLAGS[case]
    code, _, errors = run(capsys, cli, *flags)
    assert code == status
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert names(tmp_path) == []


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
    status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 1
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {shop}")
    assert names(tmp_path) == ["shop"]


def test_more_shards_than_items_are_refused_only_when_asked_for(capsys, tmp_path):
    shop = write_shop(tmp_path / "shop", items=3, purchases={"u": range(3)})
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--min_actions=3"]
    _, _, errors = run(capsys, cli, *flags, "--shards=4")
    assert errors == ["error: --shards=4: at most 3, the number of items, expected"]
    assert run(capsys, cli, *flags)[0] == 0
    assert len(Dataset.open(tmp_path / "data").meta["shards"]) == 3 + 1


def test_the_metadata_in_full(capsys, shop, tmp_path):
    run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--seed=3")
    meta = json.loads((tmp_path / "data/dataset.json").read_text())
    assert (meta["format_version"], meta["source"], meta["split"]["seed"]) == (1, "csv", 3)
    assert meta["category_counts"] == {"c0": 4, "c1": 4, "c2": 4}
    assert [shard["examples"] for shard in meta["shards"]] == [3, 3, 3, 3, 6]
    for shard in meta["shards"]:
        assert file_sha256(tmp_path / "data" / shard["file"]) == shard["sha256"]


def test_names_that_are_no_text(capsys, shop, tmp_path):
    """The name of a folder that is not UTF-8, and a category of a dump in which a letter was cut in two."""
    odd = shop.rename(shop.with_name(os.fsdecode(b"caf\xe9")))
    flags = ["--source=csv", f"--input={odd}", f"--output={tmp_path}/data"]
    _, _, errors = run(capsys, cli, *flags)
    assert errors == [
        f"error: {tmp_path}/caf\\udce9: its name, which the data set would take, is not UTF-8; pass --name"
    ]
    assert run(capsys, cli, *flags, "--name=shop")[0] == 0
    dump = write_amazon(tmp_path / "dump", form=json.dumps)
    write_lines(
        dump / "meta_Clothing.json.gz",
        [{**metadata(item), "categories": [[ROOT, "Hats \ud83d"]]} for item in range(12)],
        json.dumps,
    )
    flags = [f"--category_path={ROOT}", f"--images={dump}/photos", f"--output={tmp_path}/other"]
    _, _, errors = run(capsys, cli, "--source=amazon", f"--input={dump}", *flags)
    assert errors == [
        f"error: {dump}: the category 'Hats \\ud83d' has half a letter, which UTF-8 cannot hold",
    ]
    assert not (tmp_path / "other").exists()
