import numpy as np
import pytest

from tests.support.shop import told_in_one_line, write_table
from tf_dvbpr.explanation.attribute_table import attributes_of
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig


@pytest.fixture
def table(tmp_path, planted):
    def write(header, rows):
        write_table(tmp_path / "some.csv", header, rows)
        return str(tmp_path / "some.csv")

    return write


def test_words_and_numbers(planted, table):
    rows = [[f"i{item}", ["red", "green"][item % 2], item / 10, "x" if item else ""] for item in range(90)]
    found = attributes_of(planted, table(["item_id", "colour", "length", "same"], [*rows, ["other", "blue", 1, ""]]))
    colour, length = found.attributes
    assert colour.values == ("green", "red") and colour.codes.tolist() == [1, 0] * 45
    assert length.values == ("to 2.97", "2.97 to 5.93", "over 5.93")
    assert length.codes.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    assert found.left_out == {"same": "all items have the same value"}
    assert colour.value(3) == "green"


def test_ranges_of_large_and_of_near_numbers_can_be_told_apart(planted, table):
    rows = [[f"i{item}", 12_000 + 10 * item, 1000 + item / 1000] for item in range(90)]
    yen, near = attributes_of(planted, table(["item_id", "yen", "near"], rows)).attributes
    assert yen.values == ("to 12297", "12297 to 12593", "over 12593")
    assert near.values == ("to 1000.03", "1000.03 to 1000.06", "over 1000.06")


def test_few_numbers_are_words_and_too_many_words_are_names(planted, table):
    rows = [[f"i{item}", item % 3, f"name {item}"] for item in range(89)]
    found = attributes_of(planted, table(["item_id", "size", "title"], rows))
    (size,) = found.attributes
    assert size.values == ("0", "1", "2")
    # An item without a line has no value.
    assert size.codes[89] == -1 and size.value(89) == ""
    assert found.left_out == {"title": "89 different values, more than 40"}


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (["item_id"], [["i1"]], "no column beside item_id"),
        (["key", "colour"], [["i1", "red"]], "column item_id is missing"),
        (["item_id", "colour"], [["i1", "red"], ["i1", "blue"]], "line 3: item 'i1' again, first on line 2"),
        (["item_id", "colour"], [["x1", "red"]], "not one of its 1 items is in data set"),
    ],
)
def test_other_tables_are_refused(planted, table, header, rows, message):
    with told_in_one_line(message):
        attributes_of(planted, table(header, rows))


def test_another_ending_is_refused(planted):
    with told_in_one_line("attributes=some.txt: a file whose name ends in"):
        attributes_of(planted, "some.txt")


def test_the_data_set_s_own(planted, dataset, tmp_path):
    assert attributes_of(planted).attributes == ()
    # The shop's items.csv has a title, the same for all.
    assert attributes_of(dataset).left_out == {"title": "all items have the same value"}
    config = BuildConfig(source="wardrobe", output=tmp_path / "wardrobe", users=5, items=100, image_size=32)
    found = attributes_of(build_dataset(config, progress=False))
    names = [one.name for one in found.attributes]
    assert names == ["colour", "length", "pattern", "neckline"]
    assert len(found.attributes[1].values) == 3 and -1 in found.attributes[3].codes
    assert np.bincount(found.attributes[1].codes).min() >= 30
