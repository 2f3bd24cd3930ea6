"""Measures speed as ratios to limits of the machine; `python -m benchmarks` measures everything."""
