"""The studio: one page on which a designer asks the recommender and the GAN, and the server behind it."""
