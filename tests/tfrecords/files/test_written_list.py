import json

from tfrecords.files.written_list import LIST, damage, write_list


def test_damage_is_told_until_everything_is_as_it_was_written(tmp_path):
    (tmp_path / "inner").mkdir()
    small, large = tmp_path / "inner/small.txt", tmp_path / "large.bin"
    assert damage(tmp_path) is None  # without a list
    small.write_text("one")
    large.write_bytes(bytes(2**20 + 1))
    write_list(tmp_path, "a test")
    assert damage(tmp_path) is None
    (tmp_path / "more.txt").write_text("what is not listed is nobody's concern")
    assert damage(tmp_path) is None
    small.write_text("two")
    assert damage(tmp_path) == "inner/small.txt is not as it was written"
    small.unlink()
    assert damage(tmp_path) == "it has no inner/small.txt"
    small.write_text("one")
    large.write_bytes(bytes(2**20))
    assert damage(tmp_path) == "large.bin is not as it was written"


def test_a_list_that_is_itself_half_copied_tells_nothing(tmp_path):
    (tmp_path / LIST).write_text('{"what": "a test", "fi')
    assert damage(tmp_path) is None
    (tmp_path / LIST).write_text(json.dumps({"what": "a test", "files": {"a": 1}}))
    (tmp_path / "a").write_text("")
    assert damage(tmp_path) == "a is not as it was written"
