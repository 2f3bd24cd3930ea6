"""Loads KerasHub's presets from a local folder, as networks that map photos to features."""

from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from tf_dvbpr.compat import keras_hub
from tf_dvbpr.networks.preset_folder import CONFIG, CONVERTERS, EMBEDDING, KINDS, TOKEN, WEIGHTS, check_folder
from tfrecords.errors import InputError, option
from tfrecords.records.writer import file_sha256

_OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)  # says nothing about the folder


def build_preset(folder: str, load_weights: bool = True) -> keras.Model:
    """Loads the part of a preset that looks at photos, up to its features.

    Args:
        folder: the preset's folder, in KerasHub's form or in Hugging Face's.
        load_weights: whether to load the weights too.

    Returns:
        A network, preprocessed photos float32 [B, S, S, 3] to features float32 [B, F].

    Raises:
        InputError: KerasHub is not there, or the folder is no whole preset of a known kind.
    """
    check_folder(folder, load_weights)
    hub = keras_hub(option("network", folder))
    backbone = _loaded(folder, lambda path: hub.models.Backbone.from_preset(path, load_weights=load_weights))
    kind = KINDS.get(type(backbone).__name__)
    if kind is None:
        raise InputError(f"{option('network', folder)}: a preset of {type(backbone).__name__}, not of a known kind")
    if kind == EMBEDDING:
        photos = keras.Input(backbone.vision_encoder.image_shape, name="photos")
        found = backbone.get_vision_embeddings(photos)
    else:
        photos, found = backbone.inputs[0], backbone.output
        found = _pooling(kind, len(found.shape), found.shape[1])(found)
    if photos.shape[1] is None or photos.shape[1] != photos.shape[2]:
        raise InputError(f"{option('network', folder)}: for photos of {photos.shape[1:3]}; square ones expected")
    return keras.Model(photos, keras.layers.Flatten(name="features")(found))


def _pooling(kind: str, rank: int, tokens: int) -> keras.layers.Layer:
    if kind == TOKEN:
        return keras.layers.Cropping1D((0, tokens - 1), name="class_token")
    pooling = keras.layers.GlobalAveragePooling1D if rank == 3 else keras.layers.GlobalAveragePooling2D
    return pooling(name="mean")


def preset_preprocessing(folder: str, side: int) -> tuple[Callable[[tf.Tensor], tf.Tensor], str]:
    """Returns (the folder's own preprocessing of RGB in 0..255, float32 [B, S, S, 3]; its name in words).

    Args:
        folder: the preset's folder.
        side: S, the side that the network takes. The converter's own must be the same.
    """
    hub = keras_hub(option("network", folder))
    converter = _loaded(folder, lambda path: hub.layers.ImageConverter.from_preset(path, dtype="float32"))
    own = converter.image_size
    if own is not None and tuple(own) != (side, side):
        raise InputError(
            f"{option('network', folder)}: its ImageConverter makes photos of {own[0]} x {own[1]} pixels, and its "
            f"network takes {side} x {side}; a preset in which both are the same expected"
        )
    numbers = f"scale {converter.scale}, offset {converter.offset}"
    return converter, f"KerasHub's {type(converter).__name__} ({numbers})"


def preset_hashes(folder: str) -> dict[str, str]:
    """Returns the SHA-256 of the folder's files that say what the features are, by name."""
    patterns = (CONFIG, *CONVERTERS, *WEIGHTS)
    return {path.name: file_sha256(path) for pattern in patterns for path in sorted(Path(folder).glob(pattern))}


def _loaded(folder: str, load: Callable[[str], object]) -> object:
    try:
        # An absolute path: KerasHub would look up other names, and download.
        return load(str(Path(folder).resolve()))
    except _OUT_OF_MEMORY:
        raise
    except PermissionError:
        raise
    except Exception as error:  # Of damaged files, Keras and its readers raise exceptions of many classes.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{option('network', folder)}: not a whole preset that KerasHub reads ({reason}); save or fetch it again"
        ) from error
