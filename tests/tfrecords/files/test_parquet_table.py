import datetime
import sys

import pytest

from tests.support.shop import told_in_one_line
from tests.support.table_forms import write_parquet
from tfrecords.files.parquet_table import ParquetTable


def test_without_pyarrow(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with told_in_one_line(r"a\.parquet: Parquet needs pyarrow; install it with pip install 'tf_dvbpr\[tables\]'"):
        ParquetTable(tmp_path / "a.parquet")


@pytest.fixture
def pa():
    pytest.importorskip("pyarrow.parquet")
    return pytest.importorskip("pyarrow")


def test_rows_of_every_type(pa, tmp_path):
    day, noon = datetime.date(2020, 3, 1), datetime.datetime(2020, 3, 1, 12, 0, 0, 900000)
    columns = {
        "text": (pa.string(), ["007", "ü", None]),
        "large": (pa.large_string(), ["a", "a", "b"]),
        "coded": (pa.dictionary(pa.int8(), pa.string()), ["x", None, "x"]),
        "whole": (pa.int64(), [1, None, -3]),
        "fraction": (pa.float64(), [1.5, 2.0, None]),
        "yes": (pa.bool_(), [True, False, None]),
        "day": (pa.date32(), [day, day, None]),
        "time": (pa.timestamp("us"), [noon, datetime.datetime(1970, 1, 1), None]),
        "nothing": (pa.null(), [None, None, None]),
    }
    types = {name: kind for name, (kind, _) in columns.items()}
    rows = list(zip(*(values for _, values in columns.values()), strict=True))
    table = ParquetTable(write_parquet(tmp_path / "a.parquet", list(columns), rows, types))
    assert table.header() == list(columns)
    assert list(table.rows(list(columns), ("missing",))) == [
        (1, ["007", "a", "x", "1", "1.5", "true", "2020-03-01", "1583064000", None, ""]),
        (2, ["ü", "a", None, None, "2.0", "false", "2020-03-01", "0", None, ""]),
        (3, [None, "b", "x", "-3", None, None, None, None, None, ""]),
    ]
    assert table.kinds["whole"] == ("int", None)
    assert {"text", "large", "coded", "nothing"}.isdisjoint(table.kinds)


def test_structs(pa, tmp_path):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [["i1", {"bytes": b"x", "path": "a.jpg"}, ["a"]]]
    types = {"image": kind, "tags": pa.list_(pa.string())}
    table = ParquetTable(write_parquet(tmp_path / "a.parquet", ["item_id", "image", "tags"], rows, types))
    assert table.header() == ["item_id"]
    with told_in_one_line(r"a\.parquet: image is struct<bytes: binary, path: string>; text, or a whole number, exp"):
        for _ in table.blocks(["item_id", "image"]):
            table.check_kind("item_id")
            table.check_kind("image")
    with told_in_one_line(r"a\.parquet: column path is missing; the columns are item_id \(string\), image \(struct<"):
        list(table.rows(["path"]))


def test_rows_are_numbered_in_their_part(pa, tmp_path):
    """Three row groups a file, over the border of two files."""
    parts = [
        write_parquet(tmp_path / f"{part}.parquet", ["key"], [[f"{part}{row}"] for row in range(5)], row_group_size=2)
        for part in "ab"
    ]
    table = ParquetTable(tmp_path, parts)
    assert [row for _, (row,) in table.rows(["key"])] == [f"{part}{row}" for part in "ab" for row in range(5)]
    assert [table.where(row) for row in (1, 5, 6, 10)] == [
        f"{parts[0]}, row 1",
        f"{parts[0]}, row 5",
        f"{parts[1]}, row 1",
        f"{parts[1]}, row 5",
    ]
    write_parquet(parts[1], ["other"], [["x"]])
    with told_in_one_line(r"b\.parquet: column key is missing; the columns are other \(string\)"):
        list(table.rows(["key"]))


def test_no_rows_and_no_parquet(pa, tmp_path):
    path = write_parquet(tmp_path / "a.parquet", ["key"], [])
    with told_in_one_line(r"a\.parquet: no rows"):
        list(ParquetTable(path).rows(["key"]))
    path = write_parquet(tmp_path / "a.parquet", ["key"], [["a"]] * 100)
    path.write_bytes(path.read_bytes()[:-20])
    for reading in (ParquetTable(path).header, lambda: list(ParquetTable(path).rows(["key"]))):
        with told_in_one_line(r"a\.parquet: not a whole Parquet file"):
            reading()
    path = write_parquet(tmp_path / "b.parquet", ["key"], [[f"key{row}"] for row in range(500)], compression="none")
    path.write_bytes(path.read_bytes().replace(b"key250", b"key\xff50"))
    with told_in_one_line(r"b\.parquet: column key is not UTF-8"):
        list(ParquetTable(path).rows(["key"]))
