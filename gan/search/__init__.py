"""Latent optimisation: the image that a person, or a group, would like best; takes callables, knows no network."""
