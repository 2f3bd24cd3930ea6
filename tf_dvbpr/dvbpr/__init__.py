"""DVBPR: its settings, model, optimisers and training."""
