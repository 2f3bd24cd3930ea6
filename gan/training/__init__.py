"""Trains the GAN."""
