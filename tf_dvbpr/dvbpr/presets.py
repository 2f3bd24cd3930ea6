"""Makes the config of a training from a preset and the settings that the user gave."""

import dataclasses
from pathlib import Path

from tf_dvbpr.dvbpr.config import FAST_ON_BACKBONE, NONE, PRESETS, TrainConfig
from tf_dvbpr.networks.imagenet_networks import ALL, CNNF, PRETRAINED, is_folder, own_side
from tf_dvbpr.networks.preset_folder import preset_side
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError, option, renamed

# Settings that only CNN-F uses, and those that only the other backbones use.
_CNNF_ALONE = ("conv1_padding",)
_OTHERS_ALONE = ("weights", "batch_norm_epsilon", "freeze_through", "network_learning_rate")
# Settings of networks trained on ImageNet, which a preset's folder has itself.
_NETWORKS_ALONE = ("weights", "batch_norm_epsilon")
# Settings of the own terms; each needs at least one of the settings named with it.
_OWN_TERMS = {
    "item_dropout": ("item_bias", "latent_dim"),
    "own_weight": ("item_bias", "latent_dim"),
    "own_learning_rate": ("item_bias", "latent_dim"),
    "latent_penalty": ("latent_dim",),
    "bias_penalty": ("item_bias",),
}


def resolve(dataset: str, workdir: str, preset: str, given: dict[str, object]) -> TrainConfig:
    """Makes the config of a preset (`config.PRESETS`) whose settings the given ones override.

    ``none`` stands for "" in freeze_through. With ``lazy_adam`` a preset's average is switched off, because an average
    would update all user factors at every step, which ``lazy_adam`` avoids.

    Args:
        dataset: folder of the data set.
        workdir: folder of the run.
        preset: a key of `config.PRESETS`.
        given: the settings that the user gave, by name. A run that an older version started with the preset's mirrored
            photos keeps them.

    Raises:
        InputError: a given setting is out of its bounds, or has no effect with the others.
    """
    told = given
    if given.get("freeze_through") == NONE:
        given = {**given, "freeze_through": ""}
    settings = {**PRESETS[preset], **given}
    if settings.get("optimizer") == "lazy_adam" and "average" not in given:
        settings["average"] = 0.0
    backbone = settings.get("backbone", CNNF)
    if backbone in PRETRAINED or is_folder(backbone):
        with renamed(network="backbone"):
            side = preset_side(backbone) if is_folder(backbone) else own_side(backbone)
        own = {"image_size": side, **(FAST_ON_BACKBONE if preset == "fast" else {})}
        settings = {**settings, **own, **_kept(workdir, preset, backbone), **given}
    config = dataclasses.replace(TrainConfig(dataset=dataset, workdir=workdir, preset=preset), **settings)
    if config.negatives == "one" and "shared_negatives" in given:
        raise InputError(
            f"{option('shared_negatives', config.shared_negatives)} has no effect with {option('negatives', 'one')}: "
            f"leave it out, or give {option('negatives', 'shared')}"
        )
    for name in _CNNF_ALONE if backbone != CNNF else _OTHERS_ALONE:
        if name in given:
            raise InputError(
                f"{option(name, told[name])} has no effect with {option('backbone', backbone)}: leave it out"
            )
    for name in _NETWORKS_ALONE if is_folder(backbone) else ():
        if name in given:
            raise InputError(f"{option(name, told[name])} has no effect with a preset's folder: leave it out")
    for name, needed in _OWN_TERMS.items():
        if name in given and not any(getattr(config, one) for one in needed):
            others = " or ".join(map(option, needed))
            raise InputError(
                f"{option(name, given[name])} has no effect without {others}: leave it out, or give {others}"
            )
    if config.freeze_through == ALL and given.get("network_learning_rate"):
        raise InputError(
            f"{option('network_learning_rate', config.network_learning_rate)} has no effect with "
            f"{option('freeze_through', ALL)}, which trains the last layer alone: leave it out, or name the layer to "
            "freeze through"
        )
    if config.freeze_through and "photo_store" in given:
        raise InputError(
            f"{option('photo_store', config.photo_store)} has no effect with "
            f"{option('freeze_through', config.freeze_through)}, where no photos are kept: leave it out"
        )
    return config


def _kept(workdir: str, preset: str, backbone: str) -> dict[str, object]:
    """Returns what an existing run has in place of the preset: until `fast` changed, backbones saw mirrored photos."""
    if preset != "fast" or not workdir or not (Path(workdir) / "config.json").is_file():
        return {}
    try:
        run = Workdir.open(workdir).settings(TrainConfig)
    except InputError:
        return {}  # The training says what is wrong with the folder.
    return {"flip": run["flip"]} if (run["preset"], run["backbone"]) == (preset, backbone) else {}
