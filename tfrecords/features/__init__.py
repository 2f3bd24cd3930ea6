"""Item features in a dataset folder: written, listed and loaded."""
