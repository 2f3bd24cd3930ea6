"""Item features in a dataset folder: writes, lists and loads them."""
