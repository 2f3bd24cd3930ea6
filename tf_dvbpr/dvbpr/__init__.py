"""Defines DVBPR's settings, model, optimisers and training."""
