"""Generator and Designer give what the tools give."""

import json

import numpy as np
import pytest
from PIL import Image

import gan
from gan.design.design_config import DesignConfig
from gan.design.designs import design_garments
from gan.sampling.config import SampleConfig
from gan.sampling.samples import draw_samples
from gan.search.config import resolve
from gan.trained import TrainedGan, discriminate, draw_pixels
from tf_dvbpr import InputError
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack
SEARCH = {"starts": 4, "candidates": 0, "steps": 2}
INVERT = {"invert_starts": 2, "invert_candidates": 4, "invert_steps": 2}


@pytest.fixture(scope="module")
def generator(lively_gan):
    return gan.Generator.open(lively_gan)


@pytest.fixture(scope="module")
def designer(small_recommender, lively_gan):
    return gan.Designer.open(small_recommender, lively_gan)


def test_samples_are_those_of_the_tool(generator, lively_gan, tmp_path):
    config = SampleConfig(str(lively_gan), str(tmp_path / "a"), ("tops", "shoes"), 5, 7, 0.5, neighbours=0)
    draw_samples(config, progress=False)
    with np.load(tmp_path / "a/latents.npz") as file:
        latents = file["latents"][file["categories"] == "tops"]
    trained = TrainedGan.open(lively_gan)
    expected = draw_pixels(trained.generator, latents, trained.labels(np.full(5, trained.category("tops"))))
    images = generator.sample("tops", 5, seed=7, truncation=0.5)
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(generator.sample("tops", 3, seed=7, truncation=0.5), expected[:3])
    assert images.dtype == np.uint8 and images.std() > 0
    assert not np.array_equal(generator.sample("tops", 5, seed=8, truncation=0.5), images)


def test_discriminate_gives_the_networks_scores(generator, lively_gan):
    trained = TrainedGan.open(lively_gan)
    images = generator.sample("shoes", 3)
    labels = trained.labels(np.full(3, trained.category("shoes")))
    expected = discriminate(trained.discriminator, normalise(images), labels)
    np.testing.assert_array_equal(generator.discriminate(images, "shoes"), expected)
    np.testing.assert_allclose(generator.discriminate(images[1], "shoes"), expected[1:2], rtol=1e-5)
    assert generator.discriminate(images[:0], "shoes").shape == (0,)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda one: one.sample("hats"), "category 'hats': not one the GAN was trained on"),
        (lambda one: one.sample("tops", 0), "n=0: at least 1 expected"),
        (lambda one: one.sample("tops", 1, seed=-1), "seed=-1: expected from 0"),
        (lambda one: one.discriminate(np.zeros([2, 16, 16, 3], np.uint8), "tops"), "images: uint8"),
    ],
)
def test_bad_calls_are_told(generator, call, said):
    with pytest.raises(InputError) as caught:
        call(generator)
    assert str(caught.value).startswith(said)


@pytest.mark.slow
def test_designs_are_those_of_the_tool(designer, small_recommender, lively_gan, tmp_path):
    ascent = resolve("fast", SEARCH)
    config = DesignConfig(str(small_recommender), str(lively_gan), str(tmp_path / "a"), "u0,u1", ascent, ("tops",), 2)
    expected = design_garments(config, progress=False)["designs"]
    designs = designer.design(["u0", "u1"], "tops", k=2, progress=False, **SEARCH)
    assert [one.figures for one in designs] == expected
    for design, entry in zip(designs, expected, strict=True):
        pictures = [np.asarray(Image.open(tmp_path / "a" / one["file"])) for one in entry["designed"]]
        np.testing.assert_array_equal(design.images, pictures)
        assert design.scores.tolist() == [one["score"] for one in entry["designed"]]
    assert [(one.users, one.group) for one in designs] == [(("u0",), None), (("u1",), None), (("u0", "u1"), "mean")]
    with np.load(tmp_path / "a/latents.npz") as file:
        np.testing.assert_array_equal(np.concatenate([one.latents for one in designs]), file["latents"])


@pytest.mark.slow
def test_a_tailoring_is_the_tools_and_kept_where_asked(designer, tmp_path):
    given = {"every": 1, "steps": 2, "progress": False, **INVERT}
    [tailored] = designer.tailor("u0", item="i3", output=tmp_path / "kept", **given)
    written = json.loads((tmp_path / "kept/tailor.json").read_text())
    assert written["tailored"] == [tailored.figures] and written["category"] == tailored.category == "tops"
    assert tailored.steps.tolist() == [0, 1, 2] and tailored.images.shape == (3, 32, 32, 3)
    assert tailored.drifts[0] == 0 and tailored.steps[tailored.best] == tailored.figures["best_step"]
    photo = designer._studio.dataset.encoded_photos([3])[0]
    [same] = designer.tailor("u0", photo, "tops", **given)
    np.testing.assert_array_equal(same.images, tailored.images)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "what is to be altered? Give item=KEY or photo=FILE"),
        ({"item": "i3", "preset": "slow"}, "preset=slow: expected one of"),
        ({"item": "i3", "precision": "float32"}, "precision: give it to Designer.open"),
        ({"item": "i3", "stpes": 3}, "stpes: no such setting; did you mean steps?"),
    ],
)
def test_bad_tailorings_are_told(designer, given, said):
    with pytest.raises(InputError) as caught:
        designer.tailor("u0", progress=False, **given)
    assert str(caught.value).startswith(said)
