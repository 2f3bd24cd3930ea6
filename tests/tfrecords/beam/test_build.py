"""build_dataset with Apache Beam: the same folder byte for byte, the same errors, on this machine and elsewhere."""

import functools
import os
import signal
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("apache_beam")

from tests.support import kept_files
from tests.support.dumps import asin, write_amazon, write_features, write_lines, write_photos
from tests.support.folder_bytes import folder_bytes
from tests.support.shop import noise, write_shop
from tests.support.tool import names, run
from tfrecords.beam.write_items import write_items
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.photos.check import read_photo
from tfrecords.sources.base import Draft, Source
from tools.build_dataset import cli

TWO_PROCESSES = ("--direct_num_workers=2", "--direct_running_mode=multi_processing")


def write_release(path, bad=()):
    """Writes a file as the authors': 3 users, 5 items."""
    items = {
        item: {"imgs": b"no photo" if item in bad else noise(item), "asin": f"a{item}", "c": np.eye(6)[item % 6]}
        for item in range(5)
    }
    parts = [{}, {}, {}, items, 3, 5]
    for user in range(3):
        for part, bought in zip(parts, ([user, user + 1], [3], [4]), strict=False):
            part[user] = [{"productid": item, "reviewerID": f"r{user}", "asin": f"a{item}"} for item in bought]
    outer = np.empty(6, object)
    outer[:] = parts
    np.save(path, outer)
    return path


def shop_source(folder):
    shop = write_shop(folder / "shop", items=30)
    (shop / "images/7.jpg").write_bytes(b"no photo")
    (shop / "images/20.jpg").unlink()
    purchases = "".join(f"v{user},i{item},0\n" for user in range(6) for item in range(12, 18))
    (shop / "interactions.csv").write_text((shop / "interactions.csv").read_text() + purchases)
    return {"source": "csv", "input": shop, "skip_bad_images": True, "shards": 3}


def amazon_source(folder):
    dump = write_amazon(folder / "dump")
    features = write_features(folder / "features.b", map(asin, range(11)))
    return {
        "source": "amazon", "input": dump, "images": dump / "photos", "features": features, "subset": "fashion",
        "skip_bad_images": True, "min_actions": 4,
    }  # fmt: skip


def tradesy_source(folder):
    lists = {"bought": [0, 1, 2], "want": [3, 4, 5], "selling": [], "sold": []}
    path = write_lines(folder / "tradesy.json.gz", [{"lists": lists, "uid": user} for user in range(3)])
    photos = write_photos(folder / "photos", map(str, range(5)))
    (photos / "5.png").write_bytes(noise(5, form="PNG"))  # the third place where a photo is sought
    return {"source": "tradesy", "input": path, "images": photos, "image_size": 16}


def release_source(folder, bad):
    return {"source": "release", "input": write_release(folder / "six.npy", bad), "skip_bad_images": bool(bad)}


SOURCES = {
    "csv": shop_source,
    "amazon": amazon_source,
    "tradesy": tradesy_source,
    "release": lambda folder: release_source(folder, ()),
    "white photos": lambda folder: release_source(folder, {1, 3}),
    "wardrobe": lambda folder: {"source": "wardrobe", "users": 5, "items": 100, "image_size": 32},
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_folder_is_the_same_byte_for_byte(source, tmp_path):
    settings = SOURCES[source](tmp_path)
    plain = build_dataset(BuildConfig(output=tmp_path / "plain", **settings), progress=False)
    told = []
    build_dataset(BuildConfig(output=tmp_path / "beam", beam=True, **settings), progress=False, tell=told.append)
    assert folder_bytes(tmp_path / "beam") == folder_bytes(tmp_path / "plain")
    checked = plain.num_items + (plain.meta.get("dropped") or {}).get("items_with_bad_images", 0)
    (line,) = [line for line in told if "Apache Beam" in line]
    assert f"photos checked {checked}" in line and f"rows written {plain.num_items}" in line
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_two_processes_by_the_tool(capfd, tmp_path):
    settings = shop_source(tmp_path)
    build_dataset(BuildConfig(output=tmp_path / "plain", **settings), progress=False)
    flags = ["--source=csv", f"--input={settings['input']}", "--skip_bad_images", "--shards=3", "--beam"]
    status, out, _ = run(capfd, cli, *flags, f"--output={tmp_path}/beam", *TWO_PROCESSES)
    assert status == 0 and f"written to {tmp_path}/beam" in out
    assert folder_bytes(tmp_path / "beam") == folder_bytes(tmp_path / "plain")


@pytest.mark.parametrize("source", ["csv", "white photos"])
def test_an_unusable_photo_ends_both_builds_with_one_message(source, tmp_path):
    settings = {**SOURCES[source](tmp_path), "skip_bad_images": False}
    messages = []
    for beam in (False, True):
        with pytest.raises(InputError, match="no image of a known format") as caught:
            build_dataset(BuildConfig(output=tmp_path / "data", beam=beam, **settings), progress=False)
        messages.append(str(caught.value))
        assert "data" not in names(tmp_path) and ".data.partial" not in names(tmp_path)
    assert messages[0] == messages[1]


def test_photos_and_shards_elsewhere(capsys, tmp_path):
    shop = write_shop(tmp_path / "shop")
    plain = build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "plain"), progress=False)
    place = f"{kept_files.SCHEME}://{tmp_path}"
    flags = ["--source=csv", f"--input={shop}", f"--images={place}/shop", f"--output={place}/remote", "--beam"]
    status, out, _ = run(capsys, cli, *flags)
    assert status == 0 and f"written to {place}/remote" in out
    assert folder_bytes(tmp_path / "remote") == folder_bytes(plain.path)
    Dataset.open(tmp_path / "remote").verify()

    status, _, errors = run(capsys, cli, *flags)
    assert status == 1 and "--overwrite" in errors[-1]
    (shop / "images/3.jpg").unlink()
    status, _, errors = run(capsys, cli, *flags, "--overwrite")
    assert status == 1 and f"({place}/shop/images/3.jpg): no such file" in errors[-1]
    assert folder_bytes(tmp_path / "remote") == folder_bytes(plain.path)  # The old one stays.
    status, _, _ = run(capsys, cli, *flags, "--overwrite", "--skip_bad_images", "--shards=2", "--min_actions=3")
    assert status == 0
    assert Dataset.open(tmp_path / "remote").num_items == 11
    assert not [path for path in tmp_path.glob(".*/**/*") if path.is_file()]


def test_what_is_elsewhere_and_no_data_set_is_kept(capsys, tmp_path):
    shop, other = write_shop(tmp_path / "shop"), tmp_path / "remote/mine.txt"
    other.parent.mkdir()
    other.write_text("mine")
    place = f"--output={kept_files.SCHEME}://{tmp_path}/remote"
    status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", place, "--beam", "--overwrite")
    assert status == 1 and "holds other things (no dataset.json)" in errors[-1]
    assert other.read_text() == "mine"


def test_an_unknown_scheme(capsys, tmp_path):
    flags = ["--source=csv", f"--input={write_shop(tmp_path / 'shop')}", f"--output={tmp_path}/data", "--beam"]
    status, _, errors = run(capsys, cli, *flags, "--images=nowhere://bucket/photos")
    assert status == 1 and "nowhere://bucket/photos: Apache Beam knows no file system of this scheme" in errors[-1]


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (
            "--direct_workers=2",
            "error: --direct_workers=2: neither a flag of this tool nor a ",
        ),
        ("--direct_num_workers=two", "error: --beam: argument --direct_num_workers: invalid int value: 'two'"),
        ("--direct_running_mode=often", "error: --beam: argument --direct_running_mode: invalid choice: 'often'"),
        ("--runner=Turtle", "error: --beam: "),
    ],
)
def test_bad_pipeline_options(capsys, tmp_path, flag, message):
    shop = write_shop(tmp_path / "shop")
    status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--beam", flag)
    assert status == 1 and errors[-1].startswith(message)
    assert names(tmp_path) == ["shop"]


class Deadly(Source):
    """Ten items; the first process that reads the seventh, while the file `armed` exists, is killed."""

    kind = name = "deadly"
    category_names = ("one",)
    expected_items = 10
    skips = True

    def __init__(self, armed):
        self._armed = armed

    def drafts(self):
        return (Draft(f"k{item}", 0, item) for item in range(10))

    def reader(self):
        return functools.partial(_read_or_die, armed=str(self._armed))

    def refuse(self, position, reason):
        raise ValueError(reason)

    def users(self):
        return []

    def facts(self):
        return {}


def _read_or_die(item, armed):
    if item == 7 and Path(armed).exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return read_photo(noise(item))


@pytest.mark.slow
def test_a_killed_worker_ends_the_build_and_the_next_one_gives_the_same_bytes(tmp_path):
    armed = tmp_path / "armed"
    source = Deadly(armed)
    write_items(tmp_path / "plain", source, 2, (), print)
    armed.touch()
    with pytest.raises(InputError, match="the pipeline failed on FnApiRunner"):
        write_items(tmp_path / "data", source, 2, TWO_PROCESSES, print)
    assert not list((tmp_path / "data").glob("items*"))
    armed.unlink()
    shards, categories = write_items(tmp_path / "data", source, 2, TWO_PROCESSES, print)
    assert (sum(shard.examples for shard in shards), categories) == (10, [10, 0])
    assert folder_bytes(tmp_path / "data") == folder_bytes(tmp_path / "plain")
