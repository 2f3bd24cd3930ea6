"""Fetches the photos of a catalogue."""
