"""Finds the best items of a user without scoring every item: lists of similar items, and codes of a few bytes."""
