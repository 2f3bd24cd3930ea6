"""Where a data set comes from: CSV files, the authors' files, raw dumps, the synthetic wardrobe."""
