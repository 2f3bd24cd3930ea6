"""ResNet-50 by OpenVINO: the rows of `benchmarks.engines`, which has them where OpenVINO is installed."""

from benchmarks import engines


def measure() -> list[dict]:
    """Measures the ratios of photos/s."""
    return engines.measure()
