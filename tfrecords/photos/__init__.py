"""Photos: from encoded bytes to the numbers a network sees, checked, and kept in memory."""
