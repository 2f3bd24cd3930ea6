import shutil
import threading

import numpy as np
import pytest

from tests.support.served import best, write_export
from tf_dvbpr.server.model import Model
from tf_dvbpr.server.request_error import RequestError
from tfrecords.errors import InputError
from tfrecords.files.written_list import LIST

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def exports(make_folder):
    folder = make_folder("exports")
    return write_export(folder / "plain"), write_export(folder / "turned", -1.0)


@pytest.fixture
def folder(exports, tmp_path):
    shutil.copytree(exports[0], tmp_path / "shop" / "1")
    return tmp_path / "shop"


@pytest.fixture
def said():
    return []


@pytest.fixture
def loads():
    return []


@pytest.fixture
def model(folder, said, loads):
    return Model(folder, "shop", said.append, loads.append)


def first_choice(model):
    arrays = {"user_keys": np.array([b"u0"], object), "k": np.array(1), "category": np.array(b"", object)}
    return model.current.signature("recommend")(arrays)["item_keys"][0, 0].decode()


def test_signatures_and_which_of_them_join(model, said, loads):
    assert first_choice(model) == best(0, 1)[0][0]
    joins = {name: one.joins for name, one in model.current.signatures.items()}
    assert joins == {"serving_default": True, "recommend": True, "score": True}
    assert loads == [1] and len(said) == 1 and said[0].startswith("shop: version 1 is served, loaded in ")
    assert said[0].endswith("signatures recommend, score")


def test_a_new_version_takes_over_and_the_old_one_ends_what_it_began(model, folder, exports, loads):
    before = model.current
    shutil.copytree(exports[1], folder / "3")
    model.look()
    assert model.current.number == 3 and loads == [1, 3]
    assert first_choice(model) == best(0, 1, -1.0)[0][0] != best(0, 1)[0][0]
    scores = before.signature("score")({name: np.array([key], object) for name, key in (
        ("user_keys", b"u0"), ("item_keys", b"i1"))})  # fmt: skip
    assert np.isfinite(scores["scores"]).all()
    shutil.copytree(exports[0], folder / "2")
    model.look()
    assert model.current.number == 3
    for number, expected in ((None, 3), (3, 3)):
        assert model.get("shop", number).number == expected
    for name, number, message in (("shop", 1, "Specific(shop, 1)"), ("other", None, "Latest(other)")):
        with pytest.raises(RequestError) as caught:
            model.get(name, number)
        assert (caught.value.status, caught.value.message) == (404, f"Servable not found for request: {message}")


@pytest.mark.slow
def test_an_export_written_over_the_served_one_takes_over(model, folder):
    write_export(folder / "1", -1.0)
    model.look()
    assert model.current.number == 1 and first_choice(model) == best(0, 1, -1.0)[0][0]


@pytest.mark.slow
def test_a_version_that_is_taken_away_twice_seen(model, folder, exports):
    shutil.copytree(exports[1], folder / "2")
    model.look()
    shutil.rmtree(folder / "2")
    model.look()
    assert model.current.number == 2  # It may be back in a moment.
    model.look()
    assert model.current.number == 1
    shutil.rmtree(folder / "1")
    for _ in range(3):
        model.look()
    assert model.current.number == 1 and first_choice(model) == best(0, 1)[0][0]


def test_a_listed_version_is_served_as_soon_as_it_is_whole(model, folder, exports, said, loads):
    # As `cp -r` goes: file by file.
    names = [LIST, "fingerprint.pb", "saved_model.pb", "variables/variables.index",
             "variables/variables.data-00000-of-00001"]  # fmt: skip
    assert {path.relative_to(exports[1]).as_posix() for path in exports[1].rglob("*") if path.is_file()} == set(names)
    (folder / "2/variables").mkdir(parents=True)
    for name in names:
        model.look()
        assert model.current.number == 1
        shutil.copy(exports[1] / name, folder / "2" / name)
    assert loads == [1]
    assert model.statuses("shop", 2) == [(2, "END", "files variables/variables.data-* are missing")]
    model.look()
    assert model.current.number == 2 and model.statuses("shop", None) == [(2, "AVAILABLE", "")]
    faults = [line.split("not served: ")[1] for line in said if "not served" in line]
    assert faults == [
        "it has no saved_model.pb",
        "it has no variables/variables.index",
        "files variables/variables.data-* are missing",
    ]


@pytest.mark.slow
def test_another_programs_version_is_served_when_it_rests_and_can_be_loaded(model, folder, exports, said, loads):
    shutil.copytree(exports[1], folder / "2", ignore=shutil.ignore_patterns(LIST))
    data = folder / "2/variables/variables.data-00000-of-00001"
    content = data.read_bytes()
    data.write_bytes(content[:100])
    for _ in range(3):
        model.look()
    assert model.current.number == 1 and loads == [1, None]  # Tried once, and not again until something changes.
    assert len([line for line in said if line.startswith(f"{folder}/2: not served: it cannot be loaded: ")]) == 1
    data.write_bytes(content)
    model.look()
    assert model.current.number == 1
    model.look()
    assert model.current.number == 2 and loads == [1, None, 2]


def test_the_best_whole_version_is_served_from_the_start(folder, exports, said):
    shutil.copytree(exports[1], folder / "2")
    (folder / "2/saved_model.pb").unlink()
    model = Model(folder, "shop", said.append, lambda version: None)
    assert model.current.number == 1
    assert said[0] == f"{folder}/2: not served: it has no saved_model.pb"
    assert model.statuses("shop", None) == [(2, "END", "it has no saved_model.pb"), (1, "AVAILABLE", "")]


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.data-00000-of-00001"])
@pytest.mark.parametrize("listed", [True, False])
def test_no_whole_version_is_told_in_one_line(folder, name, listed):
    if not listed:
        (folder / "1" / LIST).unlink()
    content = (folder / "1" / name).read_bytes()
    (folder / "1" / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError) as caught:
        Model(folder, "shop", lambda line: None, lambda version: None)
    message = str(caught.value)
    assert message.startswith(f"model={folder}: no whole version; {folder}/1: ") and "copy it again" in message
    assert ("is not as it was written" if listed else "it cannot be loaded: ") in message


def test_a_check_that_fails_does_not_end_the_checks(model, folder, exports, monkeypatch):
    looks, stop = [], threading.Event()

    def look():
        looks.append(None)
        if len(looks) == 1:
            raise RuntimeError("once")
        stop.set()

    monkeypatch.setattr(model, "look", look)
    model.watch(1e-3, stop)
    assert len(looks) == 2


def test_statuses_of_what_is_not_there(model):
    for name, number, message in (
        ("other", None, "Could not find any versions of model other"),
        ("shop", 7, "Could not find version 7 of model shop"),
    ):
        with pytest.raises(RequestError) as caught:
            model.statuses(name, number)
        assert (caught.value.status, caught.value.message) == (404, message)


def test_a_signature_that_is_not_there(model):
    with pytest.raises(RequestError) as caught:
        model.current.signature("design")
    assert caught.value.message == 'Serving signature name: "design" not found in signature def'
