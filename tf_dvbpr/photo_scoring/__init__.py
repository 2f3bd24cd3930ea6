"""Scores new photos: where they would rank, and which users would like them."""
