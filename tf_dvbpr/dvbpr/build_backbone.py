"""Builds a backbone from a training's settings."""

from pathlib import Path

from tf_dvbpr.compat import dtype_policy
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.hub_preset import build_preset, preset_preprocessing
from tf_dvbpr.networks.imagenet_networks import is_folder
from tf_dvbpr.networks.pretrained import (
    build_trained,
    build_untrained,
    check_epsilon,
    preprocessing_of,
    set_epsilon,
    without_classifier,
)
from tfrecords.errors import InputError, option, renamed


def build_backbone(config: TrainConfig, pretrained: bool) -> Backbone:
    """Builds the backbone of a training.

    Args:
        config: the training's settings, with a backbone other than CNN-F.
        pretrained: whether to load the ImageNet weights; without them the weights are random, to be restored from a
            checkpoint.

    Raises:
        InputError: the weights cannot be loaded, or the network does not allow the settings.
    """
    name, epsilon = config.backbone, config.batch_norm_epsilon or None
    check_epsilon(name, epsilon)
    with dtype_policy(config.precision), renamed(network="backbone"):
        if is_folder(name):
            features = build_preset(name, load_weights=pretrained)
            side = features.input_shape[1]
            if config.image_size != side:
                raise InputError(
                    f"{option('image_size', config.image_size)}: {option('network', name)} takes photos of {side} "
                    "pixels alone; leave it out"
                )
            preprocessing = preset_preprocessing(name, side)
            return Backbone(features, *preprocessing, config.dim, config.freeze_through, config.seed, config.precision)
        if pretrained:
            weights = Path(config.weights) if config.weights else None
            model = build_trained(name, weights, config.image_size)
        else:
            model = build_untrained(name, config.image_size)
        set_epsilon(model, epsilon)
        features, _ = without_classifier(model)
        return Backbone(
            features, *preprocessing_of(name), config.dim, config.freeze_through, config.seed, config.precision
        )
