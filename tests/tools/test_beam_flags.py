"""--beam: what it needs, and what may not be given without it. These tests run where Apache Beam is not installed."""

import sys

import pytest

from tests.support.shop import write_shop
from tests.support.tool import names, run
from tfrecords.files.remote_path import RemotePath, as_path
from tools import build_dataset, embed


def test_a_missing_extra_is_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "apache_beam", None)  # as if it were not installed
    shop = write_shop(tmp_path / "shop")
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data", "--beam", "--direct_num_workers=2"]
    status, _, errors = run(capsys, build_dataset.cli, *flags)
    assert status == 1
    assert errors == ["error: --beam needs Apache Beam; install it with pip install 'tf_dvbpr[beam]'"]
    assert names(tmp_path) == ["shop"]


@pytest.mark.parametrize("tool", [build_dataset, embed])
def test_unknown_flags_without_beam(capsys, tool):
    for more in ([], ["--nobeam"]):
        status, _, errors = run(capsys, tool.cli, "--output=x", *more, "--direct_num_workers=2")
        assert status == 2 and "direct_num_workers" in errors[-1] and len(errors) == 1


@pytest.mark.parametrize("stray", ["stray", "--"])
def test_only_flags_are_passed_on(capsys, stray):
    status, _, errors = run(
        capsys, build_dataset.cli, "--source=wardrobe", "--output=x", "--beam", "--runner=Direct", "word", stray
    )
    assert status == 2 and "'word'" in errors[-1]


def test_own_flags_are_still_checked(capsys):
    status, _, errors = run(capsys, build_dataset.cli, "--source=ebay", "--output=x", "--beam", "--other=1")
    assert status == 2 and "ebay" in errors[-1]


@pytest.mark.parametrize("name", ["images", "output"])
def test_places_elsewhere_need_beam(capsys, tmp_path, name):
    given = {"input": tmp_path, "output": tmp_path / "data", name: "gs://bucket/folder"}
    flags = [f"--{flag}={value}" for flag, value in given.items()]
    status, _, errors = run(capsys, build_dataset.cli, "--source=csv", *flags)
    assert status == 1
    assert errors == [
        f"error: --{name}=gs://bucket/folder: a folder on this machine expected; with --beam it may be anywhere"
    ]


def test_remote_paths():
    folder = as_path("gs://bucket/photos/")
    assert isinstance(folder, RemotePath)
    assert [str(path) for path in (folder, folder / "a.jpg", folder / "/b/c.jpg", folder.with_name("x"))] == [
        "gs://bucket/photos",
        "gs://bucket/photos/a.jpg",
        "gs://bucket/photos/b/c.jpg",
        "gs://bucket/x",
    ]
    assert folder / "s3://other/d.jpg" == RemotePath("s3://other/d.jpg")
    assert (folder.name, folder.absolute()) == ("photos", folder)
    assert len({folder, as_path("gs://bucket/photos")}) == 1
    assert as_path("photos/a:b").name == "a:b"
