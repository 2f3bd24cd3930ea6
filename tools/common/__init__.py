"""The shared parts of the tools: how a tool starts and ends, flags, tables."""
