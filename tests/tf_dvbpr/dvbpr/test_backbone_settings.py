"""The settings of a backbone: what they are by default, and what is refused."""

import pytest

from tests.support.tool import call
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.networks.imagenet_networks import ALL, BACKBONES
from tfrecords.errors import InputError
from tools import train_dvbpr


def test_fast_trains_the_last_layer_alone_unless_told_otherwise():
    fast = resolve("d", "w", "fast", {"backbone": "resnet50"})
    assert (fast.freeze_through, fast.dropout, fast.learning_rate, fast.epochs) == (ALL, 0.0, 1e-3, 60.0)
    assert (fast.latent_dim, fast.item_bias, resolve("d", "w", "fast", {}).latent_dim) == (50, False, 0)
    deeper = resolve("d", "w", "fast", {"backbone": "resnet50", "freeze_through": "conv5_block2_out", "dropout": 0.1})
    assert (deeper.freeze_through, deeper.dropout) == ("conv5_block2_out", 0.1)
    assert deeper.network_learning_rate < deeper.learning_rate
    assert resolve("d", "w", "fast", {"backbone": "resnet50", "freeze_through": "none"}).freeze_through == ""
    for preset in ("paper", "release"):
        given = resolve("d", "w", preset, {"backbone": "resnet50"})
        assert (given.freeze_through, given.dropout) == ("", 0.5)
    assert resolve("d", "w", "fast", {}).dropout == 0.5


def test_to_freeze_nothing_has_a_word(tmp_path, capsys):
    given = [f"--dataset={tmp_path}", "--workdir=w", "--backbone=vgg16"]
    assert "is empty" in call(capsys, train_dvbpr.cli, *given, "--freeze_through=")[2]
    assert "no data set here" in call(capsys, train_dvbpr.cli, *given, "--freeze_through=none")[2]


def test_sizes_are_the_networks_own():
    assert {resolve("d", "w", "fast", {"backbone": name}).image_size for name in BACKBONES} == {
        64,
        224,
        240,
        260,
        299,
        300,
        384,
        480,
    }
    assert resolve("d", "w", "fast", {"backbone": "xception"}).image_size == 299
    assert resolve("d", "w", "fast", {"backbone": "resnet50", "image_size": 100}).image_size == 100


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"weights": "w.h5"}, "weights=w.h5 has no effect with backbone=cnnf"),
        ({"freeze_through": "none"}, "freeze_through=none has no effect with backbone=cnnf"),
        ({"freeze_through": "conv1"}, "freeze_through=conv1 has no effect with backbone=cnnf"),
        (
            {"backbone": "resnet50", "conv1_padding": "same"},
            "conv1_padding=same has no effect with backbone=resnet50",
        ),
        ({"backbone": "vgg16", "network_learning_rate": 0.1}, "network_learning_rate=0.1 has no effect with"),
        ({"backbone": "alexnet"}, "backbone=alexnet: expected one of cnnf, convnext_tiny"),
        ({"backbone": "efficientnet_b0"}, "backbone=efficientnet_b0: expected one of"),
        ({"backbone": "resnet50", "batch_norm_epsilon": 1.0}, "batch_norm_epsilon=1.0: expected from 0"),
        (
            {"backbone": "resnet50", "freeze_through": "a", "shift": 0.1},
            "shift=0.1 and freeze_through=a contradict",
        ),
        (
            {"backbone": "resnet50", "freeze_through": "a", "photo_store": "host"},
            "photo_store=host has no effect with",
        ),
    ],
)
def test_settings_that_cannot_be(given, message):
    with pytest.raises(InputError) as refused:
        resolve("d", "w", "fast", given)
    assert message in str(refused.value) and "\n" not in str(refused.value)
