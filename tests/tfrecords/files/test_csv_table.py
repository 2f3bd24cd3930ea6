"""Blocks are read otherwise than rows: they must hold the same, and refuse the same."""

import pytest

from tests.support.shop import told_in_one_line
from tfrecords.files import csv_table
from tfrecords.files.csv_table import CsvTable


def write(folder, text):
    (folder / "a.csv").write_bytes(text.encode())
    return CsvTable(folder, "a")


def cells(table, *names):
    """Returns the rows of the table's blocks."""
    return [
        (number, [column.values[column.codes[row]] for column in block.columns])
        for block in table.blocks(*names)
        for row, number in enumerate(block.numbers)
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_blocks_hold_the_rows(tmp_path, monkeypatch, size):
    monkeypatch.setattr(csv_table, "BLOCK", size)
    table = write(tmp_path, 'x,y,z\n1,a,"p, q"\n\n\n2,b,\n3,a,r\n\n')
    expected = [(2, ["1", "p, q", ""]), (5, ["2", "", ""]), (6, ["3", "r", ""])]
    assert list(table.rows(["x", "z"], ["w"])) == expected
    assert cells(table, ["x", "z"], ["w"]) == expected


FAULTS = {
    "": "empty; expected a header line",
    "x,y\n": "no rows under the header",
    "x,y\n\n\n": "no rows under the header",
    "x,y\n1,2\n1\n3,4\n": "line 3: 1 field, the header has 2",
    'x,y\n1,2\n1,"2\n3,4"\n': "line 3: a quote",
    'x,y\n1,2\n1,"2"3\n': "line 3: not CSV",
    'x,"y\n1,2\n': "line 1: a quote",
}


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("text", FAULTS)
def test_blocks_refuse_what_rows_refuse(tmp_path, monkeypatch, size, text):
    monkeypatch.setattr(csv_table, "BLOCK", size)
    table = write(tmp_path, text)
    for reading in (lambda: list(table.rows(["x"])), lambda: cells(table, ["x"])):
        with told_in_one_line(FAULTS[text]):
            reading()
