"""Finds the smallest change of a garment that a user would like, with the GAN."""
