"""Keeps the photos of a data set in memory."""
