"""One process at a time in a folder: the other is refused, or waits."""

import threading

import pytest

from tfrecords.errors import InputError
from tfrecords.files import folder_lock
from tfrecords.files.folder_lock import locked


def test_a_held_folder_is_refused_and_free_again_afterwards(tmp_path):
    refused = pytest.raises(InputError, match=r"a: another process is sewing here; wait for it to end$")
    with locked(tmp_path / "a", "sewing"), locked(tmp_path / "b", "sewing"), refused, locked(tmp_path / "a", "sewing"):
        pass
    with locked(tmp_path / "a", "sewing"):
        pass


def test_who_waits_says_so_and_goes_on_when_the_other_has_ended(tmp_path, monkeypatch):
    order, said = [], threading.Event()

    def say(line):
        order.append(line)
        said.set()

    def second():
        with locked(tmp_path, "sewing", wait=True):
            order.append("second")

    monkeypatch.setattr(folder_lock, "write_line", say)
    thread = threading.Thread(target=second)
    with locked(tmp_path, "sewing"):
        thread.start()
        assert said.wait(60)
        order.append("first")
    thread.join(60)
    waiting = f"{tmp_path}: another process is sewing here; waiting for it to end"
    assert order == [waiting, "first", "second"]
