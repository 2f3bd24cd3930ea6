"""Computes what needs only the two matrices U and V: AUC, top-k, percentiles."""
