"""Draws pictures with a trained generator."""
