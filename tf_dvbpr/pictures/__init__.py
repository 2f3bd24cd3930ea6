"""Draws grids of pictures with captions."""
