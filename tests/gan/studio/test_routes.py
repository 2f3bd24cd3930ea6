"""Every address of the studio over HTTP."""

import concurrent.futures
import io
import json
import re
import socket
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from gan.studio.config import StudioConfig
from gan.studio.designing import DesignTable
from gan.studio.looking import LookingTable
from gan.studio.page_files import FILES
from gan.studio.serve import StudioServer
from tests.support.served import call
from tests.support.studio import SMALL, ask, events, opened, photo_of, running
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack

WHO = {"users": ["u7"]}


@pytest.fixture(scope="module")
def server(studio):
    with running(studio) as server:
        yield server


def refusal(server, path, body):
    found, answer, _ = call(server, "POST", path, body)
    assert found == 400 and answer.keys() == {"error"} and "\n" not in answer["error"]
    return answer["error"]


def test_the_page_and_its_files(server):
    for path in FILES:
        status, text, headers = call(server, "GET", path)
        assert status == 200 and text
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
    page = call(server, "GET", "/")[1]
    # It takes nothing from elsewhere, and runs nothing that is written into it.
    assert not re.search(r"https?:|<style|style=|\son\w+=|javascript:", page)
    named = set(re.findall(r'(?:src|href)="(/[^"]*)"', page))
    scripts = "".join(call(server, "GET", path)[1] for path in FILES if path.endswith(".js"))
    assert named | {f"/{name}" for name in re.findall(r'from "\./([\w.]+)"', scripts)} == set(FILES) - {"/"}


@pytest.mark.parametrize(
    "path",
    ["/../setup.py", "/studio.css/../../serve.py", "/%2e%2e/serve.py", "/page/index.html", "/studio.py", "//etc/passwd",
     "/api/photos/..%2f..%2fetc%2fpasswd", "/api/photos/-1", "/api/photos/90", "/api/photos/9999999999999999999999"],
)  # fmt: skip
def test_no_request_names_a_path(server, path):
    status, answer, _ = call(server, "GET", path)
    assert status == 404 and "error" in answer


def test_about_and_search(server, studio):
    about = call(server, "GET", "/api/about")[1]
    assert (about["people"], about["items"], about["categories"]) == (60, 90, ["shoes", "tops"])
    assert sum(group["people"] for group in about["groups"]) == 60
    assert about["controls"]["steps"]["value"] == SMALL["steps"] and about["example"] == "u0"
    assert call(server, "GET", "/api/users?prefix=u5")[1]["users"][:2] == ["u5", "u50"]
    assert call(server, "GET", "/api/users?prefix=%00%ff")[1] == {"users": []}
    assert call(server, "GET", "/healthz")[0] == 200


def test_a_page_of_another_site_is_refused_without_advice_on_flags_that_it_lacks(server):
    for headers, told in (
        ({"Origin": "https://evil.example"}, "pages of https://evil.example may not call this server"),
        ({"Sec-Fetch-Site": "cross-site"}, "pages of other sites may not call this server"),
    ):
        assert call(server, "GET", "/api/about", headers=headers)[:2] == (403, {"error": told})


def test_one_photo_is_read_at_a_time(server, monkeypatch):
    inside, most, read = [], [], LookingTable.photo

    def photo(table, encoded):
        inside.append(encoded)
        most.append(len(inside))
        time.sleep(0.02)  # Without the lock, the others come meanwhile.
        inside.pop()
        return read(table, encoded)

    monkeypatch.setattr(LookingTable, "photo", photo)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: call(server, "POST", "/api/style", {"photo": photo_of()}), range(4)))
    assert [status for status, _, _ in answers] == [200] * 4 and most == [1] * 4


def test_an_items_photo(server, studio):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /api/photos/3 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        head, _, body = client.makefile("rb").read().partition(b"\r\n\r\n")
    assert b"image/jpeg" in head and body == studio.dataset.encoded_photos([3])[0]


def test_bought_and_retrieved(server, studio):
    found = ask(server, "/api/wardrobe", {"who": WHO, "category": "tops"})
    user, category = studio.user("u7"), studio.gan.category("tops")
    own, scores = studio.bought(user, category), studio.item_factors @ studio.user_factors[user]
    assert found["name"] == "u7" and found["owned"] == 8
    assert [one["item"] for one in found["bought"]] == own[np.argsort(-scores[own], kind="stable")].tolist()
    [items], [best] = studio.retrieve(np.array([user]), category, SMALL["garments"])
    assert [one["item"] for one in found["retrieved"]] == items.tolist()
    np.testing.assert_allclose([one["score"] for one in found["retrieved"]], best, rtol=1e-5)


def test_favourites_are_packed(server, studio):
    latents = np.random.default_rng(0).normal(size=[2, 8]).astype(np.float32)
    kept = [
        {"note": "for u7", "latent": latents[0].tolist(), "category": "tops"},
        {"note": "an item", "item": 3},
        {"note": "for u8", "latent": latents[1].tolist(), "category": "shoes"},
    ]
    with opened(server, "/api/favourites", {"favourites": kept}) as response:
        assert response.status == 200 and response.headers["Content-Type"] == "application/zip"
        packed = zipfile.ZipFile(io.BytesIO(response.read()))
    assert packed.namelist() == ["01-tops.png", "02-i3.jpg", "03-shoes.png", "latents.npz", "favourites.json"]
    listed = json.loads(packed.read("favourites.json"))
    assert listed[0] == {"file": "01-tops.png", "note": "for u7", "category": "tops", "item": None, "latent_row": 0}
    assert listed[1] == {"file": "02-i3.jpg", "note": "an item", "category": None, "item": "i3", "latent_row": None}
    assert listed[2]["latent_row"] == 1
    drawn = studio.draw(latents[:1], studio.gan.category("tops")).numpy()[0] * 127.5 + 127.5
    found = np.asarray(Image.open(io.BytesIO(packed.read("01-tops.png"))), float)
    assert np.abs(drawn - found).max() <= 1
    assert packed.read("02-i3.jpg") == studio.dataset.encoded_photos([3])[0]
    with np.load(io.BytesIO(packed.read("latents.npz")), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["latents"], latents)
        assert arrays["categories"].tolist() == ["tops", "shoes"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/api/wardrobe", {"category": "tops"}, "who: an object expected, got nothing"),
        ("/api/wardrobe", {"who": {}, "category": "tops"}, "who: an object with users, group or taste expected"),
        ("/api/wardrobe", {"who": {"users": ["u77"]}, "category": "tops"}, "user=u77: no such user in data set"),
        ("/api/wardrobe", {"who": WHO, "category": "hats"}, "category: one of shoes, tops expected, got 'hats'"),
        ("/api/design", {"who": {"group": "x"}, "category": "tops"}, "no such group: 'x'"),
        ("/api/design", {"who": WHO, "category": "tops", "steps": 10**6}, "steps: a whole number from 1 to 200"),
        ("/api/design", {"who": WHO, "category": "tops", "eta": -1}, "eta: a number from 0 to 100 expected, got -1"),
        ("/api/look", {"who": WHO, "garment": {}}, "garment: an object with item, latent or photo expected"),
        ("/api/look", {"who": WHO, "garment": {"item": 90}}, "item: a whole number from 0 to 89 expected, got 90"),
        ("/api/look", {"who": WHO, "garment": {"latent": [1], "category": "tops"}}, "latent: the 8 numbers that"),
        ("/api/look", {"who": WHO, "garment": {"photo": "bm8gcGhvdG8="}}, "photo: no image of a known format"),
        ("/api/style", {"photo": ""}, "photo: an empty file"),
        ("/api/style", {"photo": photo_of()[:60]}, "photo: "),
        ("/api/style", {"photo": "../../etc/passwd"}, "photo: a file in base64 expected"),
        ("/api/guest", {"styles": [[1.0]]}, "style vectors of 8 numbers expected"),
        ("/api/favourites", {"favourites": []}, "favourites: a list of 1 to 200 objects expected"),
        ("/api/favourites", {"favourites": [{"note": "x"}]}, "category: one of shoes, tops expected, got nothing"),
    ],
)  # fmt: skip
def test_bad_requests_are_told_in_one_line(server, path, body, said):
    assert refusal(server, path, body).startswith(said)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_other_sites_are_refused(server, headers):
    for method, path in (("GET", "/"), ("GET", "/api/about"), ("POST", "/api/design")):
        assert call(server, method, path, {} if method == "POST" else None, headers)[0] == 403
    assert call(server, "GET", "/", headers={"Host": f"localhost:{server.port}"})[0] == 200


def test_a_large_upload_is_refused(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /api/style HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n")
        assert b" 413 " in client.makefile("rb").readline()
    assert call(server, "GET", "/healthz")[0] == 200


class LongWork:
    """Stands for a design that takes long."""

    def __init__(self, monkeypatch):
        self.ended = []
        monkeypatch.setattr(DesignTable, "design", lambda table, person, wish, tell: self(tell))

    def __call__(self, tell):
        try:
            for step in range(3000):
                tell("sketch", {"step": step})
                time.sleep(0.01)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise


def test_the_work_of_a_client_that_leaves_is_cancelled(server, monkeypatch):
    work = LongWork(monkeypatch)
    with opened(server, "/api/design", {"who": WHO, "category": "tops"}) as response:
        assert response.readline() == b"event: begun\n"
    end = time.monotonic() + 20
    while server.jobs.inside:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert work.ended == ["ClientLeft"] and call(server, "GET", "/healthz")[0] == 200


def test_a_stop_in_the_middle_of_a_design_is_told(studio, monkeypatch):
    with running(studio) as server:
        work = LongWork(monkeypatch)
        with opened(server, "/api/design", {"who": WHO, "category": "tops"}) as response:
            assert response.readline() == b"event: begun\n"
            server.stop()
            told = events("event: begun\n" + response.read().decode())
    assert told[-1] == ("failed", {"error": "the studio is stopping; start it again"})
    assert work.ended == ["Stopping"] and server.said[-1] == "stopped"


def test_too_many_requests_at_once_are_refused(studio, monkeypatch):
    with running(studio, queue=1) as server:
        LongWork(monkeypatch)
        body = {"who": WHO, "category": "tops"}
        with opened(server, "/api/design", body) as response:
            assert response.readline() == b"event: begun\n"
            status, answer, headers = call(server, "POST", "/api/design", body)
        assert status == 429 and answer["error"].startswith("1 requests wait already") and headers["Retry-After"] == "1"


def test_a_taken_port_is_told_before_anything_is_loaded(server):
    with pytest.raises(InputError) as refused:
        StudioServer(StudioConfig("no such run", "no such gan", port=server.port))
    assert str(refused.value).startswith(f"port={server.port}: taken, another program listens on 127.0.0.1")
