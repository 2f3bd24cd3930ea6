"""Scores of new photos: where they would rank, and who would like them."""
