"""A short run of the fuzzer, and that its judge and its oracles tell right from wrong."""

import time

import numpy as np
import pytest

from tests.support.fuzz import npy, outcome, page, plain, runner, world
from tests.support.fuzz.families import photos

SEED, CASES = 7, 21  # a round, in which every family comes


@pytest.fixture(scope="module")
def place(make_folder):
    return world.World(make_folder("fuzz"))


@pytest.mark.slow
def test_a_short_run_finds_nothing(place):
    results = [runner.run(place, SEED, number) for number in range(CASES)]
    assert runner.failures(results, SEED) == []
    assert {result["family"] for result in results} == set(runner.FAMILIES)
    assert {result["kind"] for result in results} <= set(outcome.GOOD)


def test_a_case_is_a_function_of_seed_and_number(place, tmp_path):
    def damaged(folder, seed):
        runner.case(place, seed, 1, "csv", tmp_path / folder)
        return {path.name: path.read_bytes() for path in (tmp_path / folder).rglob("*.csv")}

    first = damaged("a", 7)
    assert damaged("b", 7) == first != damaged("c", 8)


def refuse(line):
    raise outcome.Refused(line)


def allocate():
    return np.ones(1 << 40, np.uint8)


@pytest.mark.parametrize(
    ("act", "check", "kind"),
    [
        (lambda: 1, lambda got: None, "same"),
        (lambda: 2, lambda got: None, "right"),
        (lambda: 2, lambda got: "3 expected", "silent"),
        (lambda: refuse("data.csv: empty; rows expected"), None, "refused"),
        (lambda: refuse("two\nlines"), None, "spoilt"),
        (lambda: refuse(""), None, "spoilt"),
        (lambda: {}["key"], None, "traceback"),
        (lambda: time.sleep(5), None, "hang"),
        (allocate, None, "memory"),
    ],
)
def test_the_judge(tmp_path, act, check, kind):
    assert outcome.judge(outcome.Case("", act, check, 1), tmp_path, seconds=0.5).kind == kind


@pytest.mark.parametrize("spoil", ["unlink", "write_text"])
def test_a_refusal_that_touches_a_file_is_no_refusal(tmp_path, spoil):
    file = tmp_path / "data.csv"
    file.write_text("before")

    def act():
        file.unlink() if spoil == "unlink" else (tmp_path / "half").write_text("")
        refuse("data.csv: empty")

    assert outcome.judge(outcome.Case("", act, None, 1), tmp_path, seconds=5).kind == "spoilt"


def test_what_cannot_be_read_must_not_be_accepted(tmp_path):
    def check(got):
        raise outcome.Unreadable("it is cut short")

    came = outcome.judge(outcome.Case("", lambda: 1, check, 1), tmp_path, seconds=5)
    assert (came.kind, came.why) == ("silent", "accepted, but it is cut short")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a,"b,""c""",\r\n', [["a", 'b,"c"', ""], []]),
        ('\ufeffa,5" heel\rb,', [["a", '5" heel'], ["b", ""]]),
        ('a,"b\nc"', None),
        ('a,"b"c', None),
        ('a,"b', None),
    ],
)
def test_the_strict_reading_of_csv(text, rows):
    if rows is None:
        with pytest.raises(outcome.Unreadable, match="stray quote"):
            plain.csv_rows(text.encode())
    else:
        assert plain.csv_rows(text.encode()) == rows


def test_the_plain_auc():
    users, items = np.array([[1.0], [-1.0]]), np.array([[3.0], [1.0], [2.0], [2.0]])
    # User 0 owns 2 and is asked for it: of 0, 1, 3 it beats 1 and ties with 3. User 1 owns 1, which is best.
    assert plain.auc_bounds(users, items, [[2], [1]], [2, 1]) == pytest.approx(((1 / 3 + 1) / 2, (2 / 3 + 1) / 2))


def test_the_strict_reading_of_npy(tmp_path):
    table = np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3))
    np.save(tmp_path / "t.npy", table)
    data = (tmp_path / "t.npy").read_bytes()
    np.testing.assert_array_equal(npy.read(data), table)
    for damaged in (data + b"\0", data[:-1], b"x" + data[1:], data.replace(b"'descr'", b"'descx'")):
        with pytest.raises(outcome.Unreadable):
            npy.read(damaged)


def test_the_reading_of_photos_on_white():
    assert len(photos.whole()) > 40
    one_bit, _, _ = photos.on_white(photos.whole()["png 1"])
    assert set(np.unique(one_bit)) == {0, 255}
    deep, _, _ = photos.on_white(photos.whole()["tiff 16 big-endian"])
    assert np.abs(deep[..., 0].astype(int) - np.asarray(photos.picture().convert("L"))).max() <= 1
    clear, _, _ = photos.on_white(photos.whole()["webp alpha"])
    assert (clear[:, 0] == 255).all() and clear[0, -1].tolist() == [230, 0, 125]
    for name in ("tiff F", "gif animated", "ppm"):
        with pytest.raises(outcome.Unreadable):
            photos.on_white(photos.whole()[name])


def test_a_page_shows_what_its_source_says():
    edited = ("a: 0.5 -> 0.75", {"a": 0.75}, ("a",), 0.5)
    assert page.wrong("<p>0.500</p>", "<p>0.750</p>", b'{"a": 0.75}', edited) is None
    assert page.wrong("<p>0.500</p>", "<p>0.570</p>", b'{"a": 0.75}', edited) == "0.75 is not on the page"
    assert page.wrong("<p>0.500</p>", "<p>None</p>", b'{"a": null}', None) == "the page says 'None'"
    with pytest.raises(outcome.Unreadable):
        page.wrong("", "", b'{"a": NaN}', None)
