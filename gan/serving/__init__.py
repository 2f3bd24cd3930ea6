"""The GAN, and recommender and GAN together, as a SavedModel."""
