"""A training that is over leaves nothing in memory."""

import gc
import weakref

import numpy as np
import pytest

from gan.training.train import train as train_gan
from tests.support.small_training import config_for, train_quietly
from tests.support.tiny_gan import tiny_config
from tf_dvbpr.baselines import train as baselines
from tf_dvbpr.baselines.config import BaselineConfig
from tf_dvbpr.training import loop
from tfrecords.features.store import save_features

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@pytest.fixture
def trained(monkeypatch):
    """Weak references to what a training brought to the loop, and to the memory of its weights and moments."""
    kept, run = [], loop.run

    def watched(trainable, *arguments, **named):
        kept.append(weakref.ref(trainable))
        kept.extend(weakref.ref(variable.handle) for variable in trainable.state().values())
        return run(trainable, *arguments, **named)

    for module in ("gan.training.train", "tf_dvbpr.baselines.train", "tf_dvbpr.dvbpr.train"):
        monkeypatch.setattr(f"{module}.run", watched)
    return kept


@pytest.mark.parametrize("model", ["bpr_mf", "vbpr", "dvbpr", "gan"])
def test_a_model_goes_with_its_training(model, trained, own_planted, tmp_path):
    run = str(tmp_path / "run")
    if model == "dvbpr":
        train_quietly(config_for(own_planted.path, run, max_photos=48))
    elif model == "gan":
        train_gan(tiny_config(own_planted.path, run, measure_samples=0), show_progress=False)
    else:
        if model == "vbpr":
            save_features(own_planted, "random", np.random.default_rng(0).normal(size=(90, 5)), 5, {})
        baselines.train(BaselineConfig(str(own_planted.path), run, model, dim=4, epochs=1), show_progress=False)
    gc.collect()
    assert len(trained) > 3
    assert [one() for one in trained if one() is not None] == []
