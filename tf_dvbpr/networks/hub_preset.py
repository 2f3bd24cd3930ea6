"""KerasHub's presets in a local folder, as networks that map photos to features."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from tf_dvbpr.compat import keras_hub
from tfrecords.errors import InputError, option
from tfrecords.writer import file_sha256

_CONFIG = "config.json"
_WEIGHTS = ("*.h5", "*.safetensors")
_CONVERTERS = ("image_converter.json", "preprocessor_config.json")
# What the features are: the class token's output, the embedding that is compared with texts, or the mean over places.
_TOKEN, _EMBEDDING, _MEAN = "its class token", "its image embedding", "the mean of its outputs"
_KINDS = {
    "DINOV2Backbone": _TOKEN,
    "DINOV3Backbone": _TOKEN,
    "ViTBackbone": _TOKEN,
    "DeiTBackbone": _TOKEN,
    "CLIPBackbone": _EMBEDDING,
    "MetaCLIP2Backbone": _EMBEDDING,
    "SigLIPBackbone": _EMBEDDING,
    "SwinTransformerBackbone": _MEAN,
}
# Folders of Hugging Face that KerasHub converts.
_MODEL_TYPES = ("dinov2", "dinov2_with_registers", "dinov3_vit", "vit", "deit", "swin", "metaclip_2")
_OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)  # says nothing about the folder


def check_folder(folder: str) -> None:
    """Raises InputError unless the folder has the files of a preset of a known kind; nothing is loaded yet."""
    path, given = Path(folder), option("network", folder)
    if not path.is_dir():
        raise InputError(f"{given}: {'a file, not a folder' if path.exists() else 'no such folder'}")
    try:
        config = json.loads((path / _CONFIG).read_text(encoding="utf-8"))
        kind = config.get("class_name") or config.get("model_type")
    except FileNotFoundError as error:
        raise InputError(f"{given}: no {_CONFIG} in it; give a folder that save_to_preset wrote") from error
    except (ValueError, AttributeError) as error:
        raise InputError(f"{given}: its {_CONFIG} is not whole; save or fetch the preset again") from error
    if kind not in (*_KINDS, *_MODEL_TYPES):
        raise InputError(f"{given}: a preset of {kind}; one of these expected: {', '.join(_KINDS)}")
    if not any(list(path.glob(pattern)) for pattern in _WEIGHTS):
        raise InputError(f"{given}: no weights in it ({' or '.join(_WEIGHTS)}); save or fetch the preset again")
    if not any((path / name).is_file() for name in _CONVERTERS):
        raise InputError(
            f"{given}: no {_CONVERTERS[0]} in it, which says how photos are preprocessed; save the preset's "
            "ImageConverter there too"
        )


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
    check_folder(folder)
    hub = keras_hub(option("network", folder))
    backbone = _loaded(folder, lambda path: hub.models.Backbone.from_preset(path, load_weights=load_weights))
    kind = _KINDS.get(type(backbone).__name__)
    if kind is None:
        raise InputError(f"{option('network', folder)}: a preset of {type(backbone).__name__}, not of a known kind")
    if kind == _EMBEDDING:
        photos = keras.Input(backbone.vision_encoder.image_shape, name="photos")
        found = backbone.get_vision_embeddings(photos)
    else:
        photos, found = backbone.inputs[0], backbone.output
        found = found[:, 0] if kind == _TOKEN else keras.ops.mean(found, axis=list(range(1, len(found.shape) - 1)))
    if photos.shape[1] is None or photos.shape[1] != photos.shape[2]:
        raise InputError(f"{option('network', folder)}: for photos of {photos.shape[1:3]}; square ones expected")
    return keras.Model(photos, keras.layers.Flatten(name="features")(found))


def preset_layer(folder: str) -> str:
    """Returns the features' name in words."""
    config = json.loads((Path(folder) / _CONFIG).read_text(encoding="utf-8"))
    name = config.get("class_name")
    return f"{_KINDS[name]} ({name})" if name else f"the features of a {config['model_type']}"


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
    patterns = (_CONFIG, *_CONVERTERS, *_WEIGHTS)
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
