"""Photo hosts that misbehave: what is told, what is tried again, and when a host is left alone."""

import socket
import time

import pytest

from tests.support.fetching import counts, failures, fetch, fetch_beside_good, photos
from tests.support.tool import names
from tfrecords.download import host_limiter, http

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


@pytest.mark.slow
def test_what_goes_wrong_is_told_and_the_rest_comes(capsys, tmp_path, server, monkeypatch):
    monkeypatch.setattr(http, "_WHOLE_TIMEOUTS", 1.5)
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
    assert "address" in fetch_beside_good(capsys, tmp_path, server, "bad", url)


def test_a_placeholder_is_not_asked_for(capsys, tmp_path, server):
    url = f"{server.url}/images/G/01/x-site/icons/no-img-sm._CB192198896_.gif"
    assert "placeholder" in fetch_beside_good(capsys, tmp_path, server, "a", url)
    assert [path for path, _ in server.asked] == ["/photo"]


@pytest.mark.parametrize("key", ["../up", "a/b", ".hidden", "a\\b", "x" * 300])
def test_keys_cannot_leave_the_folder(capsys, tmp_path, server, key):
    assert "cannot name a file" in fetch_beside_good(capsys, tmp_path, server, key, server.url + "/photo")
    assert names(tmp_path) == ["items.csv", "photos"]


@pytest.mark.parametrize("path", ["/cutonce", "/busyonce"])
def test_a_failure_that_passes_is_tried_again(capsys, tmp_path, server, path):
    status, out, _ = fetch(capsys, tmp_path, {"a": server.url + path})
    assert status == 0
    assert counts(out)["fetched"] == 1
    assert len(server.asked) == 2


@pytest.mark.slow
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
    monkeypatch.setattr(host_limiter, "GIVE_UP", 6)
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


def test_a_host_that_does_not_resolve(capsys, tmp_path, no_proxy, monkeypatch):
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
