"""A trained recommender: its AUC and its recommendations."""
