"""Implements the command-line tools: each turns its flags into one frozen config and makes one library call."""
