"""Exports the recommender as a SavedModel."""
