"""Photos: from encoded bytes to the numbers a network sees, and their checks."""
