import csv
import socket
import threading
import time

import pytest
from dumps import PURCHASES, asin, metadata, reviews, write_lines
from photo_server import PHOTO, PNG, serve
from shop import write_table

from tfrecords import host_gate, http_fetch, photo_download
from tfrecords.folder_lock import held
from tfrecords.photo_check import check_photo
from tools.download_photos import cli

QUICK = ("--timeout=0.5", "--backoff=0.01", "--retries=2", "--delay=0")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    # A proxy of this machine would stand between the tests and their server.
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    http_fetch._opener.cache_clear()


@pytest.fixture
def server():
    with serve() as running:
        yield running


def run(capsys, *arguments):
    """Runs the tool in this process: (exit status, stdout, the lines of stderr that are no progress bar)."""
    status = 0
    try:
        cli(["download_photos", *map(str, arguments)])
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    lines = captured.err.replace("\r", "\n").splitlines()
    return status, captured.out, [line for line in lines if line.strip() and "%|" not in line]


def items_csv(tmp_path, urls, column="url"):
    path = tmp_path / "items.csv"
    write_table(path, ["item_id", column], urls.items())
    return path


def fetch(capsys, tmp_path, urls, *flags):
    return run(capsys, f"--input={items_csv(tmp_path, urls)}", f"--images={tmp_path}/photos", *QUICK, *flags)


def counts(out):
    """The closing table as a dict."""
    rows = [line.rsplit(maxsplit=1) for line in out.splitlines()[2:] if line.rsplit(maxsplit=1)[-1].isdecimal()]
    return {name.strip(): int(count) for name, count in rows}


def failures(tmp_path):
    with (tmp_path / "photos/failures.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["item", "url", "reason"]
    return {item: (url, reason) for item, url, reason in rows}


def photos(tmp_path):
    return sorted(path.name for path in (tmp_path / "photos").iterdir() if path.name != "failures.csv")


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
    assert server.agents == {http_fetch.USER_AGENT}
    assert "tf_dvbpr" in http_fetch.USER_AGENT


BAD = {
    "gone": ("/none.jpg", "HTTP 404 Not Found", 1),
    "html": ("/html.jpg", "text/html, an image expected", 1),
    "corrupt": ("/corrupt.jpg", "corrupt or cut short", 1),
    "text": ("/text.jpg", "no image of a known format", 1),
    "tiny": ("/tiny.jpg", "1x1 pixels", 1),
    "big": ("/big.jpg", "over 50000 bytes", 1),
    "endless": ("/endless.jpg", "over 50000 bytes", 1),
    "loop": ("/loop.jpg", "redirected without end", None),
    "tofile": ("/tofile", "redirected nowhere", 1),
    "toftp": ("/toftp", "no http or https address", 1),
    "cut": ("/cut.jpg", "cut short on the way", 3),
    "stall": ("/stall.jpg", "timed out", 3),
    "drip": ("/drip.jpg", "too slow", 3),
    "hangup": ("/hangup.jpg", "the connection failed", 3),
    "error": ("/error.jpg", "HTTP 500 Internal Server Error", 3),
}


def test_what_goes_wrong_is_told_and_the_rest_comes(capsys, tmp_path, server, monkeypatch):
    monkeypatch.setattr(http_fetch, "_WHOLE_TIMEOUTS", 1.5)
    urls = {name: server.url + path for name, (path, _, _) in BAD.items()}
    status, out, errors = fetch(
        capsys, tmp_path, {**urls, "good": server.url + "/photo"}, "--max_bytes=50000", "--timeout=1"
    )
    assert (status, errors) == (0, [])
    assert counts(out)["fetched"] == 1
    assert counts(out)["failed"] == len(BAD)
    assert "failures.csv" in out
    assert photos(tmp_path) == ["good.jpg"]
    told = failures(tmp_path)
    assert set(told) == set(BAD)
    for name, (path, reason, tries) in BAD.items():
        assert told[name][0] == server.url + path
        assert reason in told[name][1], name
        if tries is not None:
            assert sum(asked == path for asked, _ in server.asked) == tries, name


@pytest.mark.parametrize(
    "url", ["", "file:///etc/hostname", "ftp://127.0.0.1/a.jpg", "photo.jpg", "http://", "http://[::1/a.jpg"]
)
def test_only_web_addresses_are_asked(capsys, tmp_path, server, url):
    status, _, _ = fetch(capsys, tmp_path, {"bad": url, "good": server.url + "/photo"})
    assert status == 0
    assert "address" in failures(tmp_path)["bad"][1]
    assert photos(tmp_path) == ["good.jpg"]


def test_a_placeholder_is_not_asked_for(capsys, tmp_path, server):
    url = f"{server.url}/images/G/01/x-site/icons/no-img-sm._CB192198896_.gif"
    fetch(capsys, tmp_path, {"a": url, "good": server.url + "/photo"})
    assert "placeholder" in failures(tmp_path)["a"][1]
    assert [path for path, _ in server.asked] == ["/photo"]


@pytest.mark.parametrize("key", ["../up", "a/b", ".hidden", "a\\b", "x" * 300])
def test_keys_cannot_leave_the_folder(capsys, tmp_path, server, key):
    status, _, _ = fetch(capsys, tmp_path, {key: server.url + "/photo", "good": server.url + "/photo"})
    assert status == 0
    assert "cannot name a file" in failures(tmp_path)[key][1]
    assert photos(tmp_path) == ["good.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["items.csv", "photos"]


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


@pytest.mark.parametrize("path", ["/cutonce", "/busyonce"])
def test_a_failure_that_passes_is_tried_again(capsys, tmp_path, server, path):
    status, out, _ = fetch(capsys, tmp_path, {"a": server.url + path})
    assert status == 0
    assert counts(out)["fetched"] == 1
    assert len(server.asked) == 2


@pytest.mark.parametrize(("path", "least"), [("/crowded", 0.9), ("/date", 0.9)])
def test_retry_after_holds_the_whole_host(capsys, tmp_path, server, path, least):
    urls = {"first": server.url + path, **{f"p{n}": f"{server.url}/photo_{n}" for n in range(4)}}
    status, out, _ = fetch(capsys, tmp_path, urls, "--workers=1")
    assert (status, counts(out)["fetched"]) == (0, 5)
    times = [seconds for _, seconds in server.asked]
    assert [asked for asked, _ in server.asked][:2] == [path, path]
    assert times[1] - times[0] >= least


def test_a_host_that_asks_for_hours_is_left_alone(capsys, tmp_path, server):
    urls = {f"p{n}": f"{server.url}/closed_{n}" for n in range(10)}
    status, _, errors = fetch(capsys, tmp_path, {"good": server.url + "/photo", **urls}, "--workers=1")
    assert (status, errors) == (0, [])
    assert len(server.asked) == 2  # the photo, and the first that was refused
    assert {reason for _, reason in failures(tmp_path).values()} == {
        "the host asks to wait 3600 s; run the same command later"
    }


def test_a_host_that_only_fails_is_given_up(capsys, tmp_path, server, monkeypatch):
    monkeypatch.setattr(host_gate, "GIVE_UP", 6)
    urls = {f"p{n}": f"{server.url}/error_{n}" for n in range(30)}
    status, _, errors = fetch(capsys, tmp_path, {"good": server.url + "/photo", **urls}, "--workers=1")
    assert (status, errors) == (0, [])
    assert len(server.asked) == 7
    assert failures(tmp_path)["p29"][1].startswith("given up on the host after 6 failures in a row (HTTP 500")


def test_no_more_requests_at_once_than_allowed_and_not_too_close(capsys, tmp_path, server):
    urls = {f"p{n}": f"{server.url}/slow_{n}" for n in range(12)}
    fetch(capsys, tmp_path, urls, "--workers=8", "--per_host=3")
    assert 1 < server.most_running <= 3
    server.asked.clear()
    urls = {f"q{n}": f"{server.url}/photo_{n}" for n in range(6)}
    fetch(capsys, tmp_path, urls, "--delay=0.1")
    starts = sorted(seconds for _, seconds in server.asked)
    assert starts[-1] - starts[0] >= 0.45


def test_all_fail(capsys, tmp_path, server):
    status, out, errors = fetch(capsys, tmp_path, {"a": server.url + "/none", "b": server.url + "/html"})
    assert status == 1
    assert out == ""
    assert len(errors) == 1
    assert errors[0].startswith("error: no photo came: all 2 failed, 1 with: ")
    assert errors[0].endswith(f"see {tmp_path}/photos/failures.csv")
    assert set(failures(tmp_path)) == {"a", "b"}


def test_a_host_that_does_not_resolve(capsys, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    urls = {f"p{n}": f"http://photos.invalid/{n}.jpg" for n in range(50)}
    started = time.monotonic()
    status, out, errors = fetch(capsys, tmp_path, urls, "--backoff=5")
    assert time.monotonic() - started < 5
    assert (status, out) == (1, "")
    assert errors == ["error: no photo came: the host's name photos.invalid does not resolve; check the network"]
    assert len(failures(tmp_path)) == 50


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
    status, out, _ = run(capsys, f"--input={tmp_path}", "--subset=fashion", *flags)
    assert status == 0
    # item 11 was bought by nobody with five purchases
    assert photos(tmp_path) == sorted(f"{asin(item)}.jpg" for item in range(11))
    status, out, _ = run(capsys, f"--input={tmp_path}/meta_a.json.gz", "--subset=women", *flags)
    assert counts(out)["there already"] == 6
    status, out, _ = run(capsys, f"--input={tmp_path}/meta_a.json.gz", *flags)
    assert counts(out) == {"fetched": 1, "there already": 11, "failed": 0}


def test_other_fields_for_the_address(capsys, tmp_path, server):
    rows = [
        {"asin": "a", "imageURL": [f"{server.url}/none"], "imageURLHighRes": [f"{server.url}/photo_a", "x"]},
        {"asin": "b", "imageURL": [f"{server.url}/photo_b"], "imageURLHighRes": []},
        {"itemID": 3, "imageUrl": f"{server.url}/photo_c"},
        {"asin": "d"},
    ]
    path = write_lines(tmp_path / "urls.json", rows)
    status, _, _ = run(capsys, f"--input={path}", f"--images={tmp_path}/photos", *QUICK)
    assert status == 0
    assert photos(tmp_path) == ["3.jpg", "a.jpg", "b.jpg"]
    assert failures(tmp_path) == {"d": ("", "the item has no address")}


def test_csv_with_the_other_column(capsys, tmp_path, server):
    path = items_csv(tmp_path, {"a": server.url + "/photo"}, "imUrl")
    status, _, _ = run(capsys, f"--input={path}", f"--images={tmp_path}/photos", *QUICK)
    assert status == 0
    assert photos(tmp_path) == ["a.jpg"]


def test_one_download_into_a_folder_at_a_time(capsys, tmp_path, server):
    with held(tmp_path / "photos", "fetching photos"):
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
    "subset of csv": (["--input=items.csv", "--images=x", "--subset=men"], 1, "--subset says nothing to a CSV file"),
    "actions of a file": (["--input=items.csv", "--images=x", "--min_actions=5"], 1, "--min_actions says nothing"),
    "actions": (["--input=.", "--images=x", "--subset=men", "--min_actions=2"], 1, "at least 3"),
    "both": (["--input=.", "--images=x", "--subset=men", "--category_path=A"], 1, "pass one of the two"),
    "unknown subset": (["--input=.", "--images=x", "--subset=girls"], 2, "fashion|women|men"),
    "workers": (["--input=items.csv", "--images=x", "--workers=0"], 1, "--workers=0: from 1 to 256"),
    "timeout": (["--input=items.csv", "--images=x", "--timeout=0"], 1, "--timeout=0: more than 0"),
    "endless": (["--input=items.csv", "--images=x", "--timeout=inf"], 1, "--timeout=inf: from 0 to 3600"),
    "no number": (["--input=items.csv", "--images=x", "--delay=nan"], 1, "--delay=nan: from 0 to 3600"),
    "retries": (["--input=items.csv", "--images=x", "--retries=-1"], 1, "--retries=-1: from 0 to 20"),
    "clock": (["--input=items.csv", "--images=x", "--timeout=1e300"], 1, "--timeout=1e+300: from 0 to 3600"),
    "file": (["--input=items.csv", "--images=items.csv/x"], 1, "items.csv is a file, not a folder"),
}


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_bad_flags_and_input(capsys, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "items.csv", ["item_id", "image"], [["a", "a.jpg"]])
    flags, status, message = BAD_FLAGS[case]
    code = 0
    try:
        cli(["download_photos", *flags])
    except SystemExit as end:
        code = end.code
    error = capsys.readouterr().err
    assert code == status
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert not (tmp_path / "x").exists()
