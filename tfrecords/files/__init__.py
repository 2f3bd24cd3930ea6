"""Files and folders that are complete or absent, their locks, and readers of CSV, JSON and JSON lines."""
