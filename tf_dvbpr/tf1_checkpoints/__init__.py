"""Imports and exports the authors' TensorFlow 1 checkpoints of the recommender."""
