"""Checks photos and decodes them from encoded bytes to a network's input."""
