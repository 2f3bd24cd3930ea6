"""Exports the GAN, and a recommender and a GAN together, as a SavedModel."""
