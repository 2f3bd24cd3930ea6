"""Speed figures, each a ratio to a limit of the machine it runs on; `python -m benchmarks` measures all."""
