"""Writes small random KerasHub presets into folders."""

import keras
import numpy as np

SIDE = 56


def write_preset(folder, kind="dinov2"):
    """Writes a backbone and its image converter; returns (backbone, converter)."""
    import keras_hub

    keras.utils.set_random_seed(5)
    models, shape = keras_hub.models, (SIDE, SIDE, 3)
    small = {"num_layers": 2, "num_heads": 2, "hidden_dim": 16}
    if kind == "dinov2":
        given = {"patch_size": 14, "intermediate_dim": 32, "image_shape": shape, "position_embedding_shape": shape}
        backbone = models.DINOV2Backbone(**small, **given)
        converter = keras_hub.layers.DINOV2ImageConverter
    elif kind == "vit":
        backbone = models.ViTBackbone(shape, (14, 14), mlp_dim=32, **small)
        converter = keras_hub.layers.ViTImageConverter
    elif kind == "swin":
        backbone = models.SwinTransformerBackbone(
            image_shape=shape, embed_dim=8, depths=(1, 1), num_heads=(1, 2), window_size=7, patch_size=2
        )
        converter = keras_hub.layers.SwinTransformerImageConverter
    else:
        given = {"intermediate_dim": 32}
        name = {"clip": "CLIP", "siglip": "SigLIP"}[kind]
        vision = getattr(models, f"{name}VisionEncoder")(patch_size=14, image_shape=shape, **small, **given)
        length = {"max_sequence_length": 8}
        text = getattr(models, f"{name}TextEncoder")(vocabulary_size=32, embedding_dim=16, **small, **given, **length)
        more = {"projection_dim": 12} if kind == "clip" else {}
        backbone = getattr(models, f"{name}Backbone")(vision_encoder=vision, text_encoder=text, **more)
        converter = getattr(keras_hub.layers, f"{name}ImageConverter")
    # Weights of a new network are too small, and its biases too alike, for the photos to differ in what it gives.
    draw = np.random.default_rng(5)
    backbone.set_weights([one + draw.normal(0, 0.2, one.shape).astype(one.dtype) for one in backbone.get_weights()])
    converter = converter(image_size=(SIDE, SIDE), scale=[0.01, 0.02, 0.03], offset=[-1.0, -0.5, 0.25])
    backbone.save_to_preset(folder)
    converter.save_to_preset(folder)
    return backbone, converter
