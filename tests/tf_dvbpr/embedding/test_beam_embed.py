"""tools.embed with Apache Beam: the same folder byte for byte."""

import pytest

pytest.importorskip("apache_beam")

from tests.support import kept_files
from tests.support.folder_bytes import folder_bytes
from tests.support.tool import run
from tf_dvbpr.embedding import beam_embed
from tools.embed import cli


@pytest.fixture(scope="module")
def photos(make_folder, planted):
    folder = make_folder("photos")
    for key, photo in zip(planted.item_keys, planted.encoded_photos(range(90)), strict=True):
        (folder / f"{key}.jpg").write_bytes(photo)
    (folder / "i30.jpg").write_bytes(b"no photo")
    (folder / "i9.jpg").unlink()
    return folder


@pytest.fixture(scope="module")
def flags(photos, small_recommender):
    return [f"--workdir={small_recommender}", f"--photos={photos}", "--shards=3", "--batch_size=8"]


@pytest.fixture(scope="module")
def plain(flags, make_folder):
    output = make_folder("plain") / "out"
    cli(["tool", *flags, f"--output={output}"])
    return output


def test_the_folder_is_the_same_byte_for_byte(capsys, monkeypatch, flags, plain, tmp_path):
    loaded = []
    load = beam_embed.load_network
    monkeypatch.setattr(beam_embed, "load_network", lambda saved: loaded.append(len(saved)) or load(saved))
    status, out, errors = run(capsys, cli, *flags, f"--output={tmp_path}/out", "--beam")
    assert status == 0 and "left out, 1 of 89 files" in out
    assert folder_bytes(tmp_path / "out") == folder_bytes(plain)
    (line,) = [line for line in errors if "Apache Beam" in line]
    assert "photos checked 89" in line and "photos unusable 1" in line
    assert "rows written 88" in line and "shards written 3" in line
    assert len(loaded) == 1


@pytest.mark.slow
def test_two_processes(capfd, flags, plain, tmp_path):
    two = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]
    status, _, _ = run(capfd, cli, *flags, f"--output={tmp_path}/out", "--beam", *two)
    assert status == 0
    assert folder_bytes(tmp_path / "out") == folder_bytes(plain)


def test_photos_and_vectors_elsewhere(capsys, flags, plain, photos, tmp_path):
    place = f"{kept_files.SCHEME}://"
    more = [f"--photos={place}{photos}", f"--output={place}{tmp_path}/out", "--beam"]
    status, _, _ = run(capsys, cli, *flags, *more)
    assert status == 0
    found, expected = folder_bytes(tmp_path / "out"), folder_bytes(plain)
    # The record names the folder of photos, and the list of files the record.
    assert {name for name in expected if found[name] != expected[name]} == {"embedded.json", ".written.json"}
    assert found.keys() == expected.keys()


def test_no_photo_at_all(capsys, flags, tmp_path):
    (tmp_path / "photos").mkdir()
    for name in "abc":
        (tmp_path / f"photos/{name}.jpg").write_bytes(b"no photo")
    more = [f"--photos={tmp_path}/photos", f"--output={tmp_path}/out", "--beam"]
    status, _, errors = run(capsys, cli, *flags, *more)
    assert status == 1 and "none of its 3 files is a photo that can be read (the first, a.jpg: no image" in errors[-1]
    assert not (tmp_path / "out").exists()
