"""Makes random weights for EfficientNet-Lite0."""

import numpy as np

from tf_dvbpr.networks.efficientnet_lite import lite0_shapes


def random_arrays(seed=0, head=False):
    """Arrays of the network's shapes that keep the maps' size about one."""
    draw, arrays = np.random.default_rng(seed), {}
    for name, shape in lite0_shapes(head).items():
        value = draw.normal(0, 1, shape)
        if len(shape) == 4:
            value *= (2.0 / np.prod(shape[1:])) ** 0.5
        elif name.endswith("running_var"):
            value = np.abs(value) + 0.5
        elif name.endswith("weight"):
            value = 1 + 0.1 * value
        arrays[name] = value.astype(np.float32)
    return arrays
