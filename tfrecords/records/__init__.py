"""Reads and writes the records of a data set: examples in TFRecord files."""
