"""The folder of a KerasHub preset: what its files say, read without TensorFlow."""

import json
import shutil
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.files.atomic_file import whole_file

CONFIG = "config.json"
WEIGHTS = ("*.h5", "*.safetensors")
CONVERTERS = ("image_converter.json", "preprocessor_config.json")
# What the features are: the class token's output, the embedding that is compared with texts, or the mean over places.
TOKEN, EMBEDDING, MEAN = "its class token", "its image embedding", "the mean of its outputs"
KINDS = {
    "DINOV2Backbone": TOKEN,
    "DINOV3Backbone": TOKEN,
    "ViTBackbone": TOKEN,
    "DeiTBackbone": TOKEN,
    "CLIPBackbone": EMBEDDING,
    "MetaCLIP2Backbone": EMBEDDING,
    "SigLIPBackbone": EMBEDDING,
    "SwinTransformerBackbone": MEAN,
}
# Folders of Hugging Face that KerasHub converts.
_MODEL_TYPES = ("dinov2", "dinov2_with_registers", "dinov3_vit", "vit", "deit", "swin", "metaclip_2")


def check_folder(folder: str, weights: bool = True) -> None:
    """Raises InputError unless the folder has the files of a preset of a known kind; nothing is loaded yet.

    Args:
        folder: the preset's folder.
        weights: whether it must have weights too.
    """
    path, given = Path(folder), option("network", folder)
    if not path.is_dir():
        raise InputError(f"{given}: {'a file, not a folder' if path.exists() else 'no such folder'}")
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        kind = config.get("class_name") or config.get("model_type")
    except FileNotFoundError as error:
        raise InputError(f"{given}: no {CONFIG} in it; give a folder that save_to_preset wrote") from error
    except (ValueError, AttributeError) as error:
        raise InputError(f"{given}: its {CONFIG} is not whole; save or fetch the preset again") from error
    if kind not in (*KINDS, *_MODEL_TYPES):
        raise InputError(f"{given}: a preset of {kind}; one of these expected: {', '.join(KINDS)}")
    if weights and not any(list(path.glob(pattern)) for pattern in WEIGHTS):
        raise InputError(f"{given}: no weights in it ({' or '.join(WEIGHTS)}); save or fetch the preset again")
    if not any((path / name).is_file() for name in CONVERTERS):
        raise InputError(
            f"{given}: no {CONVERTERS[0]} in it, which says how photos are preprocessed; save the preset's "
            "ImageConverter there too"
        )


def preset_layer(folder: str) -> str:
    """Returns the features' name in words."""
    config = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    name = config.get("class_name")
    return f"{KINDS[name]} ({name})" if name else f"the features of a {config['model_type']}"


def preset_side(folder: str) -> int:
    """Returns the side in pixels of the photos that a preset takes, by its configuration.

    Raises InputError as `check_folder` does, or if the configuration does not say it.
    """
    check_folder(folder, weights=False)
    config = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    side = _found(config, "image_shape") or _found(config, "image_size")
    side = side[0] if isinstance(side, list) and side else side
    if not isinstance(side, int):
        raise InputError(f"{option('network', folder)}: its {CONFIG} does not say which side its photos have")
    return side


def keep_preset(folder: str, kept: Path) -> None:
    """Copies what says how the network is built and photos are preprocessed, without the weights, into a new folder."""
    kept.mkdir(exist_ok=True)
    for name in (CONFIG, *CONVERTERS):
        source = Path(folder) / name
        if source.is_file() and not (kept / name).is_file():
            with whole_file(kept / name) as temporary:
                shutil.copyfile(source, temporary)


def _found(config: object, name: str) -> object:
    """Returns the first value of that name in nested tables."""
    if not isinstance(config, dict):
        return None
    if config.get(name) is not None:
        return config[name]
    return next((found for value in config.values() if (found := _found(value, name)) is not None), None)
