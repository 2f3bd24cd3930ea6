"""Searches latents for the image that a user or a group would like best; takes the networks as functions."""
