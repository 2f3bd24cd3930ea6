"""TensorFlow's streams of records: photos and features, in batches."""

import tensorflow as tf

from tfrecords.records.example import item_example
from tfrecords.records.stream import parse_features, parse_photos

ITEMS = [item_example(0, "a", 2, b"jpeg", 30, 40, [0.5, -1.0]), item_example(1, "b", -1, b"png", 8, 9)]


def test_photos_and_features_are_parsed():
    ids, encoded = parse_photos(tf.constant(ITEMS))
    assert (ids.numpy().tolist(), encoded.numpy().tolist()) == ([0, 1], [b"jpeg", b"png"])
    ids, features = parse_features(tf.constant(ITEMS))
    assert (ids.numpy().tolist(), features.to_list()) == ([0, 1], [[0.5, -1.0], []])
