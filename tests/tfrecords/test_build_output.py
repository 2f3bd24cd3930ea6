"""Where a data set is built: what was there, and what a build that fails, is killed or meets a full disk leaves."""

import signal
import subprocess
import sys
import time

import pytest

from tests.support.repository import repository
from tests.support.shop import noise
from tests.support.tool import names, run
from tfrecords import schema
from tfrecords.dataset import Dataset
from tfrecords.files.folder_lock import locked
from tfrecords.records import writer
from tools.build_dataset import cli

ROOT = repository()


def test_an_output_that_is_taken(capsys, shop, tmp_path):
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data"]
    run(capsys, cli, *flags)
    before = Dataset.open(tmp_path / "data").fingerprint
    status, _, errors = run(capsys, cli, *flags, "--seed=1")
    assert (status, len(errors)) == (1, 1)
    assert "a data set is here already; pass --overwrite" in errors[0]
    assert Dataset.open(tmp_path / "data").fingerprint == before
    assert run(capsys, cli, *flags, "--seed=1", "--overwrite")[0] == 0
    assert Dataset.open(tmp_path / "data").fingerprint != before
    assert names(tmp_path) == ["data", "shop"]


def test_a_failed_overwrite_keeps_the_old_one(capsys, shop, tmp_path):
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data"]
    run(capsys, cli, *flags)
    (shop / "images/11.jpg").write_bytes(noise(0)[:-300])
    assert run(capsys, cli, *flags, "--overwrite")[0] == 1
    Dataset.open(tmp_path / "data").verify()
    assert names(tmp_path) == ["data", "shop"]


def test_folders_that_are_no_data_set_are_never_replaced(capsys, shop, tmp_path):
    for flags in ([], ["--overwrite"]):
        status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={shop}", *flags)
        assert status == 1
        assert "holds other things (no dataset.json)" in errors[0]
    (tmp_path / "file").write_text("mine")
    status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/file", "--overwrite")
    assert "file: a file is here already" in errors[0]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_in_the_way_of_the_output(capsys, shop, tmp_path):
    (tmp_path / "file").write_text("mine")
    for below in ("x", "x/y"):
        _, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/file/{below}")
        assert errors == [
            f"error: {tmp_path}/file/{below}: {tmp_path}/file is a file, not a folder; name another place"
        ]


def test_an_output_whose_name_is_too_long(capsys, shop, tmp_path):
    _, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/{'x' * 241}")
    assert errors == [f"error: {'x' * 40}...: a name of at most 240 bytes expected; name another place"]
    assert names(tmp_path) == ["shop"]


def test_an_empty_output_folder_is_used(capsys, shop, tmp_path):
    (tmp_path / "data").mkdir()
    assert run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")[0] == 0
    Dataset.open(tmp_path / "data").verify()


def test_a_full_disk(capsys, shop, tmp_path, monkeypatch):
    # Every shard is the device that is always full.
    monkeypatch.setattr(schema, "shard_name", lambda stem, shard, shards: "/dev/full")
    status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 1
    assert errors == ["error: the disk is full: free some space and run the same command again"]
    assert names(tmp_path) == ["shop"]


def test_a_disk_that_fills_up_at_the_end(capsys, shop, tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "METADATA_FILE", "/dev/full")
    status, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 1
    assert "the disk is full" in errors[0]
    assert names(tmp_path) == ["shop"]


def test_metadata_comes_last(capsys, shop, tmp_path, monkeypatch):
    seen = []
    original = writer.write_metadata
    monkeypatch.setattr(
        "tfrecords.build.write_metadata",
        lambda folder, metadata: (seen.extend(path.name for path in folder.iterdir()), original(folder, metadata)),
    )
    assert run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")[0] == 0
    shards = [shard["file"] for shard in Dataset.open(tmp_path / "data").meta["shards"]]
    assert sorted(seen) == sorted(["attributes.csv", "timestamps.npz", *shards])


# Holds the build up just before its last file.
HELD_UP = """
import time
import tfrecords.build
from tools.build_dataset import cli

tfrecords.build.write_metadata = lambda *_: time.sleep(600)
cli()
"""


@pytest.mark.slow
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
    assert names(tmp_path) == left
    assert run(capsys, cli, *flags)[0] == 0
    assert names(tmp_path) == ["data", "shop"]
    Dataset.open(tmp_path / "data").verify()


def test_one_build_at_a_time(capsys, shop, tmp_path):
    with locked(tmp_path / ".data.partial", "building a data set"):
        _, _, errors = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    partial = tmp_path / ".data.partial"
    assert errors == [f"error: {partial}: another process is building a data set here; wait for it to end"]


def test_interrupted(capsys, shop, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfrecords.build.write_metadata", interrupt)
    status, _, _ = run(capsys, cli, "--source=csv", f"--input={shop}", f"--output={tmp_path}/data")
    assert status == 130
    assert names(tmp_path) == ["shop"]
