"""Picture grids with captions."""
