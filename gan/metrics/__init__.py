"""Measures how good, how varied and how new images are."""
