"""Downloads the photos of a catalogue."""
