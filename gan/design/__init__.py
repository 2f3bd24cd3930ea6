"""Personalised design with trained networks: what tools.design, tools.tailor and tools.evaluate_design call."""
