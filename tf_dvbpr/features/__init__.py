"""Makes item features: computes them from photos, or imports them from a file."""
