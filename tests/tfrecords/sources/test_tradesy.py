import json

import numpy as np
import pytest

from tests.support.dumps import write_features, write_lines, write_photos
from tests.support.shop import told_in_one_line
from tfrecords.errors import InputError
from tfrecords.sources.shop import ShopOptions
from tfrecords.sources.tradesy import TradesySource


def line(user, bought=(), want=(), **others):
    return {"lists": {"bought": list(bought), "selling": [], "want": list(want), "sold": [], **others}, "uid": user}


LINES = [line("u2", ["0", "1"], ["2", "3", "1"], selling=["99"]), line("u1", [], ["4", "3", "2", "1", "0", "5"])]


def read(folder, rows=LINES, form=repr, features=None, **options):
    folder.mkdir(exist_ok=True)
    path = write_lines(folder / "tradesy.json.gz", rows, form)
    write_photos(folder / "photos", map(str, range(6)))
    source = TradesySource(path, folder / "photos", features, ShopOptions(**options))
    return source, list(source.items()), source.users()


@pytest.mark.parametrize("form", [repr, json.dumps])
def test_bought_and_wanted_count(tmp_path, form):
    source, items, users = read(tmp_path / "a", form=form, min_actions=4)
    assert source.name == "tradesy"
    assert [item.key for item in items] == list("012345")
    assert {item.category for item in items} == {-1}
    assert list(source.category_names) == []
    assert [user.key for user in users] == ["u1", "u2"]
    assert sorted([*users[1].train, *users[1].validation, *users[1].test]) == [0, 1, 2, 3]
    assert source.facts()["dropped"]["duplicate_interactions"] == 1
    assert source.facts()["lists"] == ["bought", "want"]


def test_numbers_are_keys_as_well_and_a_user_may_have_two_lines(tmp_path):
    source, items, users = read(tmp_path / "a", [line(7, [0, 1, 2]), line(7, [2], [3, 4])])
    assert [item.key for item in items] == list("01234")
    assert [user.key for user in users] == ["7"]
    assert source.facts()["dropped"]["duplicate_interactions"] == 1


def test_the_order_of_lines_changes_nothing(tmp_path):
    first, second = (read(tmp_path / str(step), LINES[::step], min_actions=4) for step in (1, -1))
    assert first[1:] == second[1:]


def test_users_with_few_actions_leave_with_their_items(tmp_path):
    source, items, users = read(tmp_path / "a", [*LINES, line("u3", ["77"])])
    assert [user.key for user in users] == ["u1"]
    assert [item.key for item in items] == list("012345")
    assert source.facts()["dropped"]["users_under_min_actions"] == 2
    assert source.facts()["dropped"]["interactions_of_those_users"] == 5


def test_features(tmp_path):
    path = write_features(tmp_path / "image_features_tradesy.b", list("543210"))
    _, items, _ = read(tmp_path / "a", features=path)
    assert [item.features[0] for item in items] == [5, 4, 3, 2, 1, 0]
    assert items[0].features.dtype == np.float32


def test_missing_photos(tmp_path):
    with pytest.raises(InputError, match=r"tradesy\.json\.gz: photo of item '6' .*6\.jpg\): no such file"):
        read(tmp_path / "a", [line("u", range(7))])
    _, items, _ = read(tmp_path / "a", [line("u", range(7))], skip_bad_images=True)
    assert [item.key for item in items] == list("012345")


def test_keys_that_would_leave_the_folder(tmp_path):
    with pytest.raises(InputError, match=r"photo of item '\.\./x': the item has no photo"):
        read(tmp_path / "a", [line("u", ["../x", 0, 1, 2, 3])])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"lists": {"bought": []}}, "uid is missing"),
        ({"uid": "u"}, "no lists of items bought and want"),
        ({"uid": "u", "lists": {"sold": []}}, "no lists of items bought and want"),
        ({"uid": "u", "lists": {"bought": "1,2"}}, "no lists of items bought and want"),
        ({"uid": "u", "lists": {"bought": [None]}}, "no lists of items bought and want"),
        (line("u", [1, 2]), "no user has 5 purchases, the most is 2"),
        (line("u"), "no user has 5 purchases, the most is 0"),
    ],
)
def test_faults_are_told_in_one_line(tmp_path, row, message):
    with told_in_one_line(message):
        read(tmp_path / "a", [row])
