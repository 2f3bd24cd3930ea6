"""Records in files: where they lie, and damage."""

import numpy as np
import pytest
import tensorflow as tf

from tfrecords.files.sha256 import file_sha256
from tfrecords.records.framing import find_damage, read_record, record_offsets
from tfrecords.records.writer import ShardWriter

RECORDS = [b"first", b"", b"a third record, longer than the others" * 20, b"last"]


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "some.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in RECORDS:
            writer.write(record)
    return path


def starts():
    """A record takes 12 bytes before its data and 4 behind."""
    return np.cumsum([0, *(16 + len(record) for record in RECORDS)]).tolist()


def test_records_lie_where_they_should(shard):
    assert record_offsets(shard) == (starts()[:-1], None)
    assert [read_record(shard, offset) for offset in starts()[:-1]] == RECORDS
    assert find_damage(shard) is None


def test_a_file_cut_short_anywhere(shard):
    whole = shard.read_bytes()
    for length in range(1, len(whole)):
        shard.write_bytes(whole[:length])
        record = sum(start <= length for start in starts()) - 1
        expected = None if length in starts() else starts()[record]
        assert record_offsets(shard)[1] == expected


@pytest.mark.parametrize("record", range(4))
@pytest.mark.parametrize("within", [0, 7, 9, -3, -1])
def test_a_flipped_byte_is_found(shard, record, within):
    whole = bytearray(shard.read_bytes())
    place = (starts()[record] if within >= 0 else starts()[record + 1]) + within
    whole[place] ^= 0x40
    shard.write_bytes(whole)
    assert find_damage(shard) == starts()[record]


def test_a_flipped_byte_in_the_data_is_found(shard):
    whole = bytearray(shard.read_bytes())
    whole[starts()[2] + 300] ^= 1
    shard.write_bytes(whole)
    assert find_damage(shard) == starts()[2]
    assert read_record(shard, starts()[2]) is None
    assert read_record(shard, starts()[3]) == b"last"


def test_an_empty_file_has_no_records(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert record_offsets(tmp_path / "empty") == ([], None)


def test_examples_are_dealt_round_robin(tmp_path):
    with ShardWriter(tmp_path, "items", 3) as writer:
        for item in range(7):
            writer.write(b"%d" % item)
        shards = writer.finish()
    assert [(shard.file, shard.examples) for shard in shards] == [
        ("items.tfrecord-00000-of-00003", 3),
        ("items.tfrecord-00001-of-00003", 2),
        ("items.tfrecord-00002-of-00003", 2),
    ]
    for index, shard in enumerate(shards):
        path = tmp_path / shard.file
        assert (shard.bytes, shard.sha256) == (path.stat().st_size, file_sha256(path))
        records = [record.numpy() for record in tf.data.TFRecordDataset(str(path))]
        assert records == [b"%d" % item for item in range(index, 7, 3)]
