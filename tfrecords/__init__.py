"""Datasets of purchases and photos as TFRecords: sources, split, shards and their readers."""
