"""Writes the report, one HTML page about a run, with the sections on the GAN and on designs."""
