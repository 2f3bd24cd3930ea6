"""Designs garments for users with trained networks: called by tools.design, tools.tailor and tools.evaluate_design."""
