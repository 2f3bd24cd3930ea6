"""Whether a recommender and a GAN fit together, and what is said of how they differ."""

import json
import shutil

import numpy as np
import pytest

from gan.design.model_pair import Studio
from gan.trained import TrainedGan
from tests.support.small_design import flags
from tests.support.small_training import config_for, train_quietly
from tests.support.tool import call
from tf_dvbpr.baselines.config import resolve as resolve_baseline
from tf_dvbpr.baselines.train import train as train_baseline
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.errors import InputError
from tools import design as tool


def test_runs_of_another_kind_are_refused(planted_folder, small_recommender, lively_gan, tmp_path):
    train_baseline(resolve_baseline(str(planted_folder), str(tmp_path / "pop"), "poprank", {}), show_progress=False)
    with pytest.raises(InputError, match="PopRank does not look at photos; only DVBPR does"):
        Studio.open(str(tmp_path / "pop"), str(lively_gan))
    with pytest.raises(InputError, match="not to the GAN; give one of tools"):
        Studio.open(str(small_recommender), str(small_recommender))
    with pytest.raises(InputError, match="the GAN's workdir, and it makes no style vectors; give a DVBPR's"):
        Studio.open(str(lively_gan), str(lively_gan))


def relabelled(workdir, copy, **changes):
    """A copy of a GAN's workdir whose config says otherwise."""
    shutil.copytree(workdir, copy, ignore=shutil.ignore_patterns("checkpoints", "tensorboard"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, **changes}))
    return str(copy)


def test_a_gan_of_other_categories_is_refused_with_the_reason(small_recommender, lively_gan, planted_folder, tmp_path):
    other = relabelled(lively_gan, tmp_path / "gan", categories=["hats", "gloves"], present=["hats"])
    with pytest.raises(InputError) as caught:
        Studio.open(str(small_recommender), other)
    assert str(caught.value) == (
        f"{tmp_path}/gan: this GAN draws hats, gloves; the items of {small_recommender} are shoes, tops. A design "
        f"needs a GAN of the same categories: train one on {planted_folder}"
    )


@pytest.mark.parametrize("fit", ["stretch", "pad"])
def test_a_gan_of_another_data_set(small_recommender, lively_gan, planted_folder, tmp_path, fit):
    source = planted_folder.parent / "source"
    built = build_dataset(
        BuildConfig(source="csv", input=source, output=tmp_path / "other", fit=fit, seed=5), progress=False
    )
    gan = relabelled(lively_gan, tmp_path / "gan", dataset=str(built.path), dataset_fingerprint=built.fingerprint)
    if fit == "stretch":
        studio = Studio.open(str(small_recommender), gan)
        two = f"the GAN was trained on another data set ({built.path}) than the recommender ({studio.dataset.path})"
        assert studio.notes == [two]
    else:
        with pytest.raises(
            InputError, match=r"brought to a square by 'pad', .* by 'stretch': a drawn garment would not"
        ):
            Studio.open(str(small_recommender), gan)


@pytest.mark.parametrize(("step", "warned"), [(11, True), (12, False)])
def test_a_gan_of_less_than_an_epoch_is_warned_of(small_recommender, lively_gan, step, warned, capsys, monkeypatch):
    """Of 90 photos 11 batches of 8 see 88."""
    opened = TrainedGan.open(lively_gan)
    opened.step = step
    monkeypatch.setattr(TrainedGan, "open", lambda *_: opened)
    Studio.open(str(small_recommender), str(lively_gan))
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    line = (
        f"warning: the GAN {lively_gan}: its weights have seen 88 photos, less than one epoch of 90: grey squares are "
    )
    assert told == ([line + "what such a GAN draws; train it longer"] if warned else [])


@pytest.mark.slow
def test_sizes_that_differ_are_noted(lively_gan, planted_folder, tmp_path, capsys):
    recommender = str(tmp_path / "dvbpr")
    train_quietly(config_for(planted_folder, recommender, epochs=0.1, image_size=64))
    run = flags(recommender, lively_gan, tmp_path / "out", "--k=1", "--category=tops", "--steps=1", "--candidates=0")
    status, out, _ = call(capsys, tool.cli, *run)
    assert status == 0
    note = "the GAN draws 32 pixels, the recommender looks at 64: images are enlarged by nearest neighbour for it"
    assert out.splitlines()[0] == f"note: {note}"
    result = json.loads((tmp_path / "out/design.json").read_text())
    assert result["notes"] == [note]
    studio = Studio.open(recommender, str(lively_gan), "float32")
    found = np.load(tmp_path / "out/latents.npz")["latents"]
    images = TrainedGan.open(lively_gan).generator(found, studio.labels(np.array([1]))).numpy()
    styles = studio.embedder.style_vectors(images.repeat(2, 1).repeat(2, 2)).numpy()
    user = studio.user_factors[studio.user("u0")]
    assert result["designs"][0]["designed"][0]["score"] == pytest.approx(float(styles[0] @ user), rel=1e-3, abs=1e-5)
