"""Item features: computed from photos, or imported from a file."""
