"""A folder is there whole or not at all."""

import shutil

import pytest

from tests.support.shop import told_in_one_line
from tests.support.tool import names
from tfrecords.files import atomic_folder as module
from tfrecords.files.atomic_folder import FolderKind, check_output, named_in, put_in_place, whole_folder
from tfrecords.files.written_list import LIST

KIND = FolderKind("a marked folder", "mark.json", "making", named_in("mark.json"))


def folder(path, text):
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_the_old_folder_goes_when_the_new_one_is_there(tmp_path):
    for text in ("first", "second"):
        put_in_place(folder(tmp_path / ".new", text), tmp_path / "data")
        assert (tmp_path / "data/file").read_text() == text
        assert names(tmp_path) == ["data"]


def test_what_a_killed_run_set_aside_goes(tmp_path):
    folder(tmp_path / ".data.old", "set aside")
    put_in_place(folder(tmp_path / ".new", "new"), tmp_path / "data")
    assert names(tmp_path) == ["data"]


def test_the_old_folder_stays_where_there_is_no_new_one(tmp_path):
    folder(tmp_path / "data", "old")
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "nothing", tmp_path / "data")
    assert (tmp_path / "data/file").read_text() == "old"
    assert names(tmp_path) == ["data"]


def make(output, made_for=None, text="new", stop=False):
    """What the hidden folder held at the beginning."""
    with whole_folder(output, KIND, made_for) as partial:
        found = names(partial)
        (partial / "parts").mkdir(exist_ok=True)
        (partial / f"{text}.txt").write_text(text)
        if stop:
            raise KeyboardInterrupt
        shutil.rmtree(partial / "parts")
        (partial / "mark.json").write_text("{}")
    return found


@pytest.mark.parametrize("made_for", [None, {"seed": 1}])
def test_the_block_fills_the_folder(tmp_path, made_for):
    make(tmp_path / "out", made_for)
    make(tmp_path / "out", made_for, text="newer")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["mark.json", "newer.txt"]


@pytest.mark.parametrize("made_for", [None, {"seed": 1}])
def test_an_interrupted_block_leaves_what_was_there(tmp_path, made_for):
    make(tmp_path / "out", made_for)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "out", made_for, text="newer", stop=True)
    assert names(tmp_path / "out") == ["mark.json", "new.txt"]
    assert names(tmp_path) == (["out"] if made_for is None else [".out.partial", "out"])


def test_the_same_goes_on_with_what_was_made(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path / "out", {"seed": 1, "steps": [3, 4]}, stop=True)
    assert make(tmp_path / "out", {"steps": [3, 4], "seed": 1}) == [".made_for.json", "new.txt", "parts"]
    assert names(tmp_path) == ["out"] and names(tmp_path / "out") == ["mark.json", "new.txt"]


@pytest.mark.parametrize("other", [{"seed": 2}, None])
def test_another_starts_from_nothing(tmp_path, other):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "out", {"seed": 1}, stop=True)
    assert [name for name in make(tmp_path / "out", other) if name != ".made_for.json"] == []


def test_a_damaged_note_is_of_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "out", {"seed": 1}, stop=True)
    (tmp_path / ".out.partial/.made_for.json").write_bytes(b"\xff\x00")
    assert make(tmp_path / "out", {"seed": 1}) == [".made_for.json"]


def test_other_things_are_not_replaced(tmp_path):
    folder(tmp_path / "out", "mine")
    with told_in_one_line("out: holds other things .no mark.json.; name a new folder as output"):
        make(tmp_path / "out")
    assert names(tmp_path) == ["out"] and names(tmp_path / "out") == ["file"]
    (tmp_path / "file").write_text("")
    with told_in_one_line("a file is here already"):
        make(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty")
    assert names(tmp_path / "empty") == ["mark.json", "new.txt"]


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda out: (out / "mine.txt").write_text("mine"), "holds mine.txt, which no earlier run wrote"),
        (lambda out: (out / "below/deep/mine").write_text(""), "holds below/deep/mine, which no earlier run wrote"),
        (lambda out: (out / "below/.hidden").write_text(""), "holds below/.hidden, which no earlier run wrote"),
        (lambda out: (out / "link").symlink_to("/"), "holds link, which no earlier run wrote"),
        (lambda out: (out / "new.txt").write_text("wen"), "holds new.txt, which was changed after it was written"),
    ],
)
@pytest.mark.parametrize("made_for", [None, {"seed": 1}])
def test_files_of_others_are_named_and_stay(tmp_path, spoil, said, made_for):
    out = tmp_path / "out"
    make(out, made_for)
    (out / "below/deep").mkdir(parents=True)
    check_output(out, KIND)
    spoil(out)
    before = snapshot(out)
    with told_in_one_line(f"out: {said}; move it away, or name a new folder as output"):
        make(out, made_for, text="newer")
    assert snapshot(out) == before and names(tmp_path) == ["out"]


def test_files_that_come_while_it_is_made_stay(tmp_path):
    make(tmp_path / "out")
    with told_in_one_line("holds late.txt"), whole_folder(tmp_path / "out", KIND) as partial:
        (partial / "mark.json").write_text("{}")
        (tmp_path / "out/late.txt").write_text("mine")
    assert names(tmp_path) == ["out"] and names(tmp_path / "out") == ["late.txt", "mark.json", "new.txt"]


@pytest.mark.parametrize("damage", [None, b"", b"{", b"[]", b'{"what": 1, "files": {}}', b"\xff"])
def test_without_a_list_what_the_mark_names_is_ours(tmp_path, damage):
    out = folder(tmp_path / "out", "ours")
    (out / "mark.json").write_text('{"files": ["file"], "garments": [{"file": "a.png"}]}')
    (out / "a.png").write_bytes(b"ours")
    (out / ".DS_Store").write_bytes(b"of the system")
    if damage is not None:
        (out / LIST).write_bytes(damage)
    check_output(out, KIND)
    (out / "b.png").write_bytes(b"mine")
    with told_in_one_line(r"holds b\.png, which no earlier run wrote"):
        make(out)
    (out / "b.png").unlink()
    make(out)
    assert names(out) == ["mark.json", "new.txt"]


def test_a_folder_of_another_kind_is_not_replaced(tmp_path):
    make(tmp_path / "out")
    other = FolderKind("a pinned folder", "mark.json", "making", named_in("mark.json"))
    with told_in_one_line("out: holds a marked folder, not a pinned folder; name a new folder"):
        check_output(tmp_path / "out", other)
    with told_in_one_line("out: a marked folder is here already; pass overwrite to replace it or name another"):
        check_output(tmp_path / "out", KIND, overwrite=False)
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with told_in_one_line("link: not a folder but a link"):
        check_output(tmp_path / "link", KIND)


def test_two_do_not_make_the_same_at_once(tmp_path):
    with whole_folder(tmp_path / "out", KIND) as partial:
        (partial / "mark.json").write_text("{}")
        with told_in_one_line("another process is making here; wait for it to end"):
            make(tmp_path / "out")
    assert names(tmp_path) == ["out"] and names(tmp_path / "out") == ["mark.json"]


def test_what_another_process_begins_once_it_is_done_stays(tmp_path, monkeypatch):
    own = module.put_in_place

    def put_and_begin(made, output):
        own(made, output)
        made.mkdir()

    monkeypatch.setattr(module, "put_in_place", put_and_begin)
    make(tmp_path / "out")
    assert names(tmp_path) == [".out.partial", "out"]
