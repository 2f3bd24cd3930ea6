import errno
import shutil

import pytest

from tests.support.served import write_export
from tf_dvbpr.server import versions
from tf_dvbpr.server.versions import check_model_folder, find_versions
from tfrecords.errors import InputError
from tfrecords.files.written_list import LIST

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def export(make_folder):
    return write_export(make_folder("export") / "1")


@pytest.fixture
def copy(export, tmp_path):
    return shutil.copytree(export, tmp_path / "model" / "1")


def fault(copy):
    (version,) = find_versions(copy.parent)
    return version.fault


def test_a_version_that_cannot_be_read_hides_no_other(copy, monkeypatch):
    shutil.copytree(copy, copy.with_name("2"))
    shutil.copytree(copy, copy.with_name("3"))
    whole = versions._fault

    def fault(folder, listed):
        if folder.name == "2":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        if folder.name == "3":
            shutil.rmtree(folder)
        return whole(folder, listed)

    monkeypatch.setattr(versions, "_fault", fault)
    found = find_versions(copy.parent)
    assert [(one.number, one.fault) for one in found] == [(2, "it cannot be read: Permission denied"), (1, None)]


def test_highest_first_and_nothing_but_numbers(copy):
    for name in ("2", "10", "latest", "-3", ".3.partial", "4x"):
        shutil.copytree(copy, copy.with_name(name))
    copy.with_name("7").write_text("a file")
    found = find_versions(copy.parent)
    assert [(one.number, one.fault, one.listed) for one in found] == [(n, None, True) for n in (10, 2, 1)]
    assert find_versions(copy.parent / "nowhere") == []


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index"])
def test_a_file_that_is_missing_or_empty(copy, listed, name):
    if not listed:
        (copy / LIST).unlink()
    assert fault(copy) is None
    (copy / name).write_bytes(b"")
    assert fault(copy) == f"it has no {name}"
    (copy / name).unlink()
    assert fault(copy) == f"it has no {name}"


def test_variables(copy):
    data = copy / "variables/variables.data-00000-of-00001"
    content = data.read_bytes()
    data.write_bytes(content[:-1])
    assert fault(copy) == "variables/variables.data-00000-of-00001 is not as it was written"
    (copy / LIST).unlink()
    assert fault(copy) is None  # Only TensorFlow can tell: it checks the sums of what it reads.
    data.rename(data.with_name("variables.data-00000-of-00002"))
    assert fault(copy) == "files variables/variables.data-* are missing"
    shutil.rmtree(copy / "variables")
    assert fault(copy) == "it has no variables/variables.index"


def test_what_only_the_list_tells(copy):
    (copy / "fingerprint.pb").unlink()
    assert fault(copy) == "it has no fingerprint.pb"


def test_a_state_changes_with_every_write(copy):
    before = find_versions(copy.parent)
    assert find_versions(copy.parent) == before
    (copy / "assets/words.txt").write_text("a")
    after = find_versions(copy.parent)
    assert after != before
    shutil.copytree(copy, copy.with_name("new"))
    shutil.rmtree(copy)
    copy.with_name("new").rename(copy)
    assert find_versions(copy.parent)[0].state != after[0].state


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda folder: None, "no such folder; tools.export_saved_model --output="),
        (lambda folder: folder.mkdir(), "no version in it; expected a SavedModel in a folder with a number"),
        (lambda folder: (folder / "one").mkdir(parents=True), "no version in it"),
        (lambda folder: folder.write_text(""), "no such folder"),
    ],
)
def test_folders_that_cannot_be_served(tmp_path, make, expected):
    make(tmp_path / "model")
    with pytest.raises(InputError, match=expected):
        check_model_folder(tmp_path / "model")


def test_a_version_in_place_of_the_model(copy, tmp_path):
    with pytest.raises(InputError, match="a SavedModel itself; expected the folder that holds it under a number"):
        check_model_folder(copy)
    (tmp_path / "a[1]").mkdir()
    with pytest.raises(InputError, match="TensorFlow takes"):
        check_model_folder(tmp_path / "a[1]")
