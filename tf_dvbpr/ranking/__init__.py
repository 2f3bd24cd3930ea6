"""What follows from the two matrices U and V alone: AUC, top-k, percentiles; no run, no network."""
