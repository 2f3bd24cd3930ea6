"""tools.download_photos: what comes, under which names, and how a second run goes on."""

import threading

import pytest

from tests.support.dumps import PURCHASES, asin, metadata, reviews, write_lines
from tests.support.fetching import QUICK, counts, failures, fetch, items_csv, photos
from tests.support.photo_server import PHOTO, PNG
from tests.support.shop import write_table
from tests.support.table_forms import write_parquet
from tests.support.tool import run
from tfrecords.download import http
from tfrecords.download import photos as photo_download
from tfrecords.files.folder_lock import locked
from tfrecords.photos.check import check_photo
from tools.download_photos import cli


def test_photos_come_under_their_items_names(capsys, tmp_path, server):
    urls = {
        "0": "/photo.jpg",
        "a b": "/png",
        "w": "/webp",
        "u": "/unnamed",
        "m": "/moved",
        "ü": "/photo_with space.jpg",
    }
    status, out, errors = fetch(capsys, tmp_path, {key: server.url + path for key, path in urls.items()})
    assert (status, errors) == (0, [])
    assert counts(out) == {"fetched": 6, "there already": 0, "failed": 0}
    assert photos(tmp_path) == ["0.jpg", "a b.png", "m.jpg", "u.jpg", "w.jpg", "ü.jpg"]
    assert (tmp_path / "photos/0.jpg").read_bytes() == PHOTO
    assert (tmp_path / "photos/a b.png").read_bytes() == PNG
    assert (tmp_path / "photos/w.jpg").read_bytes().startswith(b"\xff\xd8")  # WebP is encoded anew
    assert failures(tmp_path) == {}
    assert server.agents == {http.USER_AGENT}
    assert "tf_dvbpr" in http.USER_AGENT


def test_a_second_run_goes_on(capsys, tmp_path, server):
    urls = {"a": server.url + "/photo", "b": server.url + "/cutonce.jpg", "c": server.url + "/none"}
    _, out, _ = fetch(capsys, tmp_path, urls, "--retries=0")
    assert counts(out)["fetched"] == 1
    assert set(failures(tmp_path)) == {"b", "c"}
    asked = len(server.asked)
    status, out, _ = fetch(capsys, tmp_path, urls, "--retries=0")
    assert status == 0
    assert counts(out) == {"fetched": 1, "there already": 1, "failed": 1, "HTTP 404 Not Found": 1}
    assert len(server.asked) == asked + 2
    assert photos(tmp_path) == ["a.jpg", "b.jpg"]
    assert set(failures(tmp_path)) == {"c"}
    # what is left cannot come: no error, most photos are there
    assert fetch(capsys, tmp_path, urls, "--retries=0")[0] == 0


def test_a_partial_file_of_a_killed_run_is_no_photo(capsys, tmp_path, server):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/.a.jpg.part").write_bytes(PHOTO[:100])
    _, out, _ = fetch(capsys, tmp_path, {"a": server.url + "/photo"})
    assert counts(out)["fetched"] == 1
    assert photos(tmp_path) == ["a.jpg"]
    check_photo((tmp_path / "photos/a.jpg").read_bytes())


def test_all_fail(capsys, tmp_path, server):
    status, out, errors = fetch(capsys, tmp_path, {"a": server.url + "/none", "b": server.url + "/html"})
    assert status == 1
    assert out == ""
    assert len(errors) == 1
    assert errors[0].startswith("error: no photo came: all 2 failed, 1 with: ")
    assert errors[0].endswith(f"see {tmp_path}/photos/failures.csv")
    assert set(failures(tmp_path)) == {"a", "b"}


def test_interrupted(capsys, tmp_path, server, monkeypatch):
    original = photo_download._Downloader._one

    def interrupt(self, key, url):
        if key == "last":
            raise KeyboardInterrupt
        return original(self, key, url)

    monkeypatch.setattr(photo_download._Downloader, "_one", interrupt)
    urls = {"a": server.url + "/photo", "last": server.url + "/photo"}
    status, _, _ = fetch(capsys, tmp_path, urls, "--workers=1")
    assert status == 130
    assert photos(tmp_path) == ["a.jpg"]
    assert not (tmp_path / "photos/failures.csv").exists()
    assert threading.active_count() < 10


def with_urls(server, item):
    return {**metadata(item), "imUrl": f"{server.url}/photo_{item}.jpg"}


def test_the_dump_of_a_data_set(capsys, tmp_path, server):
    rows = reviews({**PURCHASES, "small": [11]})
    write_lines(tmp_path / "meta_a.json.gz", [with_urls(server, item) for item in range(12)])
    write_lines(tmp_path / "reviews_a.json.gz", rows)
    flags = (f"--images={tmp_path}/photos", *QUICK)
    status, out, _ = run(capsys, cli, f"--input={tmp_path}", "--subset=fashion", *flags)
    assert status == 0
    # item 11 was bought by nobody with five purchases
    assert photos(tmp_path) == sorted(f"{asin(item)}.jpg" for item in range(11))
    status, out, _ = run(capsys, cli, f"--input={tmp_path}/meta_a.json.gz", "--subset=women", *flags)
    assert counts(out)["there already"] == 6
    status, out, _ = run(capsys, cli, f"--input={tmp_path}/meta_a.json.gz", *flags)
    assert counts(out) == {"fetched": 1, "there already": 11, "failed": 0}


def test_other_fields_for_the_address(capsys, tmp_path, server):
    rows = [
        {"asin": "a", "imageURL": [f"{server.url}/none"], "imageURLHighRes": [f"{server.url}/photo_a", "x"]},
        {"asin": "b", "imageURL": [f"{server.url}/photo_b"], "imageURLHighRes": []},
        {"itemID": 3, "imageUrl": f"{server.url}/photo_c"},
        {"asin": "d"},
    ]
    path = write_lines(tmp_path / "urls.json", rows)
    status, _, _ = run(capsys, cli, f"--input={path}", f"--images={tmp_path}/photos", *QUICK)
    assert status == 0
    assert photos(tmp_path) == ["3.jpg", "a.jpg", "b.jpg"]
    assert failures(tmp_path) == {"d": ("", "the item has no address")}


def test_csv_with_the_other_column(capsys, tmp_path, server):
    path = items_csv(tmp_path, {"a": server.url + "/photo"}, "imUrl")
    status, _, _ = run(capsys, cli, f"--input={path}", f"--images={tmp_path}/photos", *QUICK)
    assert status == 0
    assert photos(tmp_path) == ["a.jpg"]


def test_addresses_in_the_column_image_of_parquet(capsys, tmp_path, server):
    pytest.importorskip("pyarrow")
    rows = [["a", server.url + "/photo", 1], ["b", "images/b.jpg", 2]]
    path = write_parquet(tmp_path / "items.parquet", ["item_id", "image", "size"], rows, {"size": None})
    status, _, _ = run(capsys, cli, f"--input={path}", f"--images={tmp_path}/photos", *QUICK)
    assert status == 0
    assert photos(tmp_path) == ["a.jpg"]
    assert failures(tmp_path) == {"b": ("", "the item has no address")}


def test_one_download_into_a_folder_at_a_time(capsys, tmp_path, server):
    with locked(tmp_path / "photos", "fetching photos"):
        status, _, lines = fetch(capsys, tmp_path, {"a": server.url + "/photo"})
    assert status == 1 and lines[-1].endswith("another process is fetching photos here; wait for it to end")
    assert fetch(capsys, tmp_path, {"a": server.url + "/photo"})[0] == 0


def test_what_cannot_be_written_leaves_no_part(capsys, tmp_path, server):
    (tmp_path / "photos/a.jpg").mkdir(parents=True)
    status, _, lines = fetch(capsys, tmp_path, {"a": server.url + "/photo"})
    assert status == 1 and lines[-1].startswith("error: ")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["a.jpg"]


BAD_FLAGS = {
    "no input": (["--images=x"], 2, "--input is required"),
    "no images": (["--input=items.csv"], 2, "--images is required"),
    "missing file": (["--input=none.json.gz", "--images=x"], 1, "none.json.gz: no such file"),
    "missing table": (["--input=none.csv", "--images=x"], 1, "none.csv (or none.csv.gz) is missing"),
    "no address": (["--input=items.csv", "--images=x"], 1, "no item has an address; expected a column url or imUrl"),
    "folder without subset": (["--input=.", "--images=x"], 1, "a folder needs --subset or --category_path"),
    "subset of csv": (["--input=items.csv", "--images=x", "--subset=men"], 1, "--subset has no effect with a table"),
    "actions of a file": (["--input=items.csv", "--images=x", "--min_actions=5"], 1, "--min_actions has no effect"),
    "actions": (["--input=.", "--images=x", "--subset=men", "--min_actions=2"], 1, "expected 3 or more"),
    "both": (["--input=.", "--images=x", "--subset=men", "--category_path=A"], 1, "pass one of the two"),
    "unknown subset": (["--input=.", "--images=x", "--subset=girls"], 2, "fashion|women|men"),
    "workers": (["--input=items.csv", "--images=x", "--workers=0"], 1, "--workers=0: expected from 1 to 256"),
    "timeout": (["--input=items.csv", "--images=x", "--timeout=0"], 1, "--timeout=0.0: expected a number above 0"),
    "endless": (
        ["--input=items.csv", "--images=x", "--timeout=inf"],
        1,
        "timeout=inf: expected a number above 0",
    ),
    "no number": (["--input=items.csv", "--images=x", "--delay=nan"], 1, "--delay=nan: expected from 0 to 3600"),
    "retries": (["--input=items.csv", "--images=x", "--retries=-1"], 1, "--retries=-1: expected from 0 to 20"),
    "clock": (["--input=items.csv", "--images=x", "--timeout=1e300"], 1, "--timeout=1e+300: expected a number above 0"),
    "file": (["--input=items.csv", "--images=items.csv/x"], 1, "items.csv is a file, not a folder"),
}


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_bad_flags_and_input(capsys, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "items.csv", ["item_id", "image"], [["a", "a.jpg"]])
    flags, status, message = BAD_FLAGS[case]
    code, _, errors = run(capsys, cli, *flags)
    assert code == status
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert not (tmp_path / "x").exists()
