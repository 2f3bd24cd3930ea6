"""Holds what the tools share: how a tool starts and ends, flags and tables."""
