"""The recommender as a SavedModel."""
