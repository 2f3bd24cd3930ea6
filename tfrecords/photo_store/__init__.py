"""The photos of a data set, kept in memory."""
