"""Reads the sources of a data set: CSV files, the authors' files, the dumps, the synthetic wardrobe."""
