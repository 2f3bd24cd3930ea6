"""Builds the sections of the report page, one HTML page about a run."""
