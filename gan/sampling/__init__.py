"""Pictures of a trained generator."""
