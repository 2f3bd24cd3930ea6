"""Vectors of any number of photos: style vectors of a trained recommender, or any network's features."""
