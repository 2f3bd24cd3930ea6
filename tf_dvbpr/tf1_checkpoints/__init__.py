"""The authors' TensorFlow 1 checkpoints of the recommender, read and written."""
