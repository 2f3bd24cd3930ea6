from tfrecords import schema


def test_shard_names():
    assert schema.shard_name("items", 0, 4) == "items.tfrecord-00000-of-00004"
