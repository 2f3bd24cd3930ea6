"""Implements the models that the paper compares DVBPR with (Table III), DeepStyle and AMR, one file per model."""
