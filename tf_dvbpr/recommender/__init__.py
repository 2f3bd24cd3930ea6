"""Uses a trained recommender: its AUC and its recommendations."""
