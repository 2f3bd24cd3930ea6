"""Builds datasets of purchases and photos as TFRecords, and reads them: sources, split, shards, readers."""
