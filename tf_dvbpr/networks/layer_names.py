"""Gives a network's layers names that are the same in every process and with every Keras."""

import re

import keras


def layers_by_name(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """Returns the layers by name, in the order of the data, without layers that do not come from `keras.applications`.

    Keras numbers unnamed layers over the whole process: ``conv2d_188`` of the second network of a kind is ``conv2d``
    here, the name it has in the first network. A slash, which Keras 2 has in some names, becomes an underscore.
    """
    named = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)][:-1]
    parts = [re.fullmatch(r"(.*?)(?:_(\d+))?", layer.name).groups() for layer in named]
    numbers = [int(number or 0) for _, number in parts]
    numbered = [
        base if base.replace("_", "") == type(layer).__name__.lower() else None
        for layer, (base, _) in zip(named, parts, strict=True)
    ]
    layers = {}
    for layer, base, number in zip(named, numbered, numbers, strict=True):
        name = layer.name.replace("/", "_")
        if base is not None:
            first = min(other for one, other in zip(numbered, numbers, strict=True) if one == base)
            name = f"{base}_{number - first}" if number > first else base
        layers[name] = layer
    return layers
