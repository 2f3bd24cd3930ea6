"""Every message is one line, whatever it quotes: names of columns, keys, paths, flags."""

import pickle

import numpy as np
import pytest

from tests.support.shop import told_in_one_line, write_shop, write_table
from tests.support.tool import call
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, one_line, option, prefixed, renamed, with_dashes
from tfrecords.sources.csv_files import CsvSource
from tools import describe_dataset
from tools.common import table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\nc", r"a\nb\r\nc"),
        ("a\tb\0\x1b[31m\x7f\x85", r"a\tb\x00\x1b[31m\x7f\x85"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("half a pair \ud83d, a byte \udcff", r"half a pair \ud83d, a byte \udcff"),
        ("ünïcödé 服装 👗 \u200d \xa0", "ünïcödé 服装 👗 \u200d \xa0"),
        (r"C:\new\table", r"C:\new\table"),
        ("", ""),
    ],
)
def test_control_characters_are_escaped(text, shown):
    assert one_line(text) == one_line(shown) == shown
    assert str(InputError(text)) == shown
    assert str(InputError(f"outer: {InputError(text)}")) == f"outer: {shown}"
    assert str(pickle.loads(pickle.dumps(InputError(text)))) == shown


def test_settings_are_parameters_in_python_and_flags_in_the_tools():
    error = InputError(f"{option('k', 3)}: only {option('starts', 2)} of /a--b=c; lower {option('k')}")
    for one in (error, pickle.loads(pickle.dumps(error))):
        assert str(one) == "k=3: only starts=2 of /a--b=c; lower k"
        assert with_dashes(one.marked) == "--k=3: only --starts=2 of /a--b=c; lower --k"
    assert str(InputError(f"{option('table4', ('a', 'b'))}, {option('x', None)}")) == "table4=a,b, x=None"


def test_what_the_caller_calls_otherwise():
    cause = OSError("gone")
    with pytest.raises(InputError) as caught, renamed(weights="judge_weights", network="judge"):
        raise InputError(
            f"{option('weights', 'weights')}: no weights of {option('network')}, {option('dim')}"
        ) from cause
    assert with_dashes(caught.value.marked) == "--judge_weights=weights: no weights of --judge, --dim"
    assert caught.value.__cause__ is cause


def test_what_a_message_is_about():
    with pytest.raises(InputError) as caught, prefixed(option("gan")), prefixed(option("category", "x")):
        raise InputError(f"no such one; see {option('item')}")
    assert str(caught.value) == "gan: category=x: no such one; see item"
    assert with_dashes(caught.value.marked) == "--gan: --category=x: no such one; see --item"


def test_a_path_with_a_line_end(tmp_path):
    folder = tmp_path / "two\nlines"
    with told_in_one_line(r"two\\nlines: no data set here"):
        Dataset.open(folder)
    with told_in_one_line(r"two\\nlines: no such folder"):
        CsvSource(folder)
    write_shop(folder)
    (folder / "items.csv").unlink()
    with told_in_one_line(r"two\\nlines: items\.csv .* is missing"):
        CsvSource(folder)


def test_columns_and_keys_with_control_characters(tmp_path):
    shop = write_shop(tmp_path / "shop")
    write_table(shop / "items.csv", ["item\x0b_id", "ima\x1bge"], [["i0", "images/0.jpg"]])
    with told_in_one_line(r"column item_id is missing; the header has item\\x0b_id, ima\\x1bge$"):
        CsvSource(shop)


def test_what_the_tools_say_themselves(capsys, tmp_path):
    for arguments, status, said in (
        ([f"--dataset={tmp_path}/a\nb"], 1, f"error: {tmp_path}/a\\nb: no data set here"),
        (["--dataset=x", "--photos=a\nb"], 2, "error: "),
        (["--dataset=x", "a\nb"], 2, "error: "),
        (["--dataset=x", "--what\never"], 2, "error: "),
    ):
        ended, _, err = call(capsys, describe_dataset.cli, *arguments)
        assert ended == status and err.startswith(said) and err.count("\n") == 1


def test_cells_of_a_table():
    assert table.render(["name", "items"], [["a\nb", np.int64(3)]]).splitlines()[2] == r"a\nb      3"
