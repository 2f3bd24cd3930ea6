"""Explains why users like or dislike a garment, by parts of its photo, by other items and by attributes."""
