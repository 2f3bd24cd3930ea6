import gzip
import json
import warnings

import pytest

from tests.support.dumps import write_lines
from tfrecords.errors import InputError
from tfrecords.files import json_lines
from tfrecords.files.json_lines import JsonLines, as_key, parse_record


def read(path):
    return list(JsonLines(path).rows())


@pytest.mark.parametrize("name", ["rows.json", "rows.json.gz"])
@pytest.mark.parametrize("form", [repr, json.dumps])
def test_both_forms_plain_and_gzip(tmp_path, name, form):
    rows = [{"a": "it's", "b": [1, 2.5], "c": None}, {"a": 'a "quoted" word', "b": []}]
    assert read(write_lines(tmp_path / name, rows, form)) == [(1, rows[0]), (2, rows[1])]


def test_forms_may_change_from_line_to_line_and_blank_lines_are_skipped(tmp_path):
    path = write_lines(tmp_path / "rows.json", ["{'a': True}", "", '{"a": true}', "  ", "{'a': u'\\xe9'}"])
    assert read(path) == [(1, {"a": True}), (3, {"a": True}), (5, {"a": "é"})]


def test_gzip_is_seen_from_the_bytes(tmp_path):
    (tmp_path / "unpacked.json.gz").write_text("{'a': 1}\n")
    assert read(tmp_path / "unpacked.json.gz") == [(1, {"a": 1})]


def test_a_mark_of_byte_order_is_no_fault(tmp_path):
    (tmp_path / "marked.json").write_text("{'a': 1}\n", encoding="utf-8-sig")
    assert read(tmp_path / "marked.json") == [(1, {"a": 1})]


def test_backslashes_in_titles_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_record(rb"{'title': '3\4 \d sleeve'}") == {"title": "3\4 \\d sleeve"}


@pytest.mark.parametrize(
    "line",
    [
        b"__import__('os').system('true')",
        b"{'a': open('x')}",
        b"{'a': 1",
        b"asin,title",
        b"{'a': " + b"[" * 5000 + b"]" * 5000 + b"}",
        b"{'a': '\xff'}",
        b"[1, 2]",
        b"'text'",
    ],
)
def test_what_is_no_record(line):
    with pytest.raises(ValueError, match=r"neither JSON nor a Python dict|not UTF-8|no dict"):
        parse_record(line)


def test_a_few_bad_lines_are_counted_and_told(tmp_path):
    rows = [{"a": 1}] * 2000
    path = write_lines(tmp_path / "rows.json", [*rows[:7], "nonsense", *rows[7:], "['a list']"])
    lines = JsonLines(path)
    assert len(list(lines.rows())) == 2000
    assert lines.bad == 2
    assert lines.told == [
        "rows.json, line 8: neither JSON nor a Python dict",
        "rows.json, line 2002: a list, no dict",
    ]


def test_more_than_a_thousandth_is_an_error(tmp_path):
    path = write_lines(tmp_path / "rows.json", [*[{"a": 1}] * 1998, "x", "y"])
    assert len(read(path)) == 1998  # 2 of 2000 is the share that is let pass
    path = write_lines(tmp_path / "rows.json", [*[{"a": 1}] * 1997, "x", "y"])
    with pytest.raises(InputError, match=r"rows\.json: 2 of 1999 lines are unreadable, at most 0\.1%.*line 1998:"):
        read(path)


def test_rejected_rows_count_as_unreadable(tmp_path):
    lines = JsonLines(write_lines(tmp_path / "rows.json", [{"asin": "a"}, {"title": "b"}]))
    with pytest.raises(InputError, match=r"1 of 2 lines .* line 2: asin is missing or no text"):
        for number, row in lines.rows():
            lines.key(number, row, "asin")


def test_a_file_of_nonsense_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "_STOP_EARLY", 3)
    with pytest.raises(InputError, match="3 of 3 lines are unreadable"):
        read(write_lines(tmp_path / "rows.json", ["a,b,c"] * 50))


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0)])
def test_empty(tmp_path, content):
    (tmp_path / "rows.json").write_bytes(content)
    with pytest.raises(InputError, match=r"rows\.json: empty"):
        read(tmp_path / "rows.json")


def test_gzip_cut_short_or_corrupt(tmp_path):
    path = write_lines(tmp_path / "rows.json.gz", [{"a": number} for number in range(3000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"rows\.json\.gz, after line \d+: not a whole gzip file") as caught:
        read(path)
    assert "\n" not in str(caught.value)
    path.write_bytes(whole[:500] + bytes(50) + whole[550:])
    with pytest.raises(InputError, match="not a whole gzip file"):
        read(path)


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "MAX_LINE", 100)
    path = write_lines(tmp_path / "rows.json", [{"a": 1}, {"a": "x" * 200}])
    with pytest.raises(InputError, match="line 2: over 100 bytes"):
        read(path)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        JsonLines(tmp_path / "none.json")
    with pytest.raises(InputError, match="a folder; the file itself expected"):
        JsonLines(tmp_path)


def test_keys():
    assert [as_key(value) for value in ("a", 0, 17, " b ")] == ["a", "0", "17", " b "]
    unusable = (None, "", "  ", "a\0", True, 1.5, ["a"], "half a letter \ud83d", 16**5000)
    assert [as_key(value) for value in unusable] == [None] * len(unusable)
