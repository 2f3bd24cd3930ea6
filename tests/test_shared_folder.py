"""Folders that the processes of a run share: filled once, whole or not at all."""

import threading
import time
from types import SimpleNamespace

import pytest

from tests.support.shared_folder import shared_folder


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Worker number -> a function that asks for the shared folder `made` as that worker of pytest-xdist does."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")

    def worker(number):
        own = tmp_path / f"popen-gw{number}"
        own.mkdir(exist_ok=True)
        return lambda fill: shared_folder(SimpleNamespace(getbasetemp=lambda: own), "made", fill)

    return worker


def test_all_workers_get_the_folder_that_the_first_fills(worker, tmp_path):
    filled = []

    def fill(folder):
        filled.append(folder)
        time.sleep(0.1)
        (folder / "a").write_text(str(len(filled)))

    found = []
    threads = [threading.Thread(target=lambda number=n: found.append(worker(number)(fill))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert filled == [tmp_path / "shared/made"] and found == filled * 3
    assert (found[0] / "a").read_text() == "1"


def test_without_workers_it_lies_in_the_runs_own_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    folder = shared_folder(SimpleNamespace(getbasetemp=lambda: tmp_path), "made", lambda folder: None)
    assert folder == tmp_path / "shared/made" and folder.is_dir()


def test_what_a_failure_left_is_made_anew(worker):
    def fails(folder):
        (folder / "half").write_text("")
        raise OSError

    with pytest.raises(OSError):
        worker(0)(fails)
    folder = worker(1)(lambda folder: (folder / "whole").write_text(""))
    assert [path.name for path in folder.iterdir()] == ["whole"]
