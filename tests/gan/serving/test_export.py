"""The GAN as a SavedModel: the same images anywhere, whatever is wrong in a row marked in that row."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from gan.serving.export import export_gan
from gan.trained import TrainedGan, discriminate
from tests.support.tiny_gan import run_tool
from tf_dvbpr.serving.config import ExportConfig
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import normalise
from tools import export_saved_model

pytestmark = pytest.mark.stack

# Runs where none of our packages can be imported, whatever is installed.
ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tfrecords", "tf_dvbpr", "gan", "tools"):
            raise ImportError(name + " must not be needed")

sys.meta_path.insert(0, Refuse())
import numpy as np
import tensorflow as tf

served = tf.saved_model.load(sys.argv[1]).signatures
drawn = served["serving_default"](
    categories=tf.constant(["tops", "hats", "shoes"]), latents=tf.zeros([0, 8]), seed=tf.constant(7)
)
scored = served["discriminate"](image_bytes=drawn["png_bytes"], categories=tf.constant(["tops", "tops", "shoes"]))
np.savez(sys.argv[2], images=drawn["images"], latents=drawn["latents"], scores=scored["scores"])
"""


@pytest.fixture(scope="module")
def exported(fast_gan, make_folder):
    output = make_folder("export") / "gan/1"
    result = export_gan(ExportConfig(str(fast_gan), str(output)))
    assert (result["categories"], result["signatures"]) == (2, ["generate", "discriminate"])
    return output


@pytest.fixture(scope="module")
def served(exported):
    return tf.saved_model.load(str(exported)).signatures


def draw(served, *categories, latents=None, seed=7):
    latents = np.zeros([0, 8], np.float32) if latents is None else latents
    answer = served["generate"](
        categories=tf.constant(categories, tf.string), latents=tf.constant(latents), seed=tf.constant(seed)
    )
    return {name: value.numpy() for name, value in answer.items()}


def score(served, photos, categories):
    answer = served["discriminate"](
        image_bytes=tf.constant(photos, tf.string), categories=tf.constant(categories, tf.string)
    )
    return {name: value.numpy() for name, value in answer.items()}


def levels_apart(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max()


@pytest.mark.slow
def test_loads_with_tensorflow_alone_and_draws_the_same(exported, served, tmp_path):
    command = [sys.executable, "-I", "-c", ALONE, str(exported), str(tmp_path / "out.npz")]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=1200, check=True)
    other, here = np.load(tmp_path / "out.npz"), draw(served, "tops", "hats", "shoes")
    np.testing.assert_array_equal(other["images"], here["images"])
    np.testing.assert_array_equal(other["latents"], here["latents"])
    assert np.isfinite(other["scores"]).all()


def test_a_seed_draws_the_same_row_whatever_the_others_are(served):
    one, longer, other = draw(served, "tops"), draw(served, "tops", "tops"), draw(served, "tops", seed=8)
    np.testing.assert_array_equal(one["latents"][0], longer["latents"][0])
    # Another size of a batch may round another way.
    assert levels_apart(one["images"][0], longer["images"][0]) <= 1
    assert (longer["latents"][0] != longer["latents"][1]).all()
    assert (other["latents"] != one["latents"]).all()


def test_the_generator_is_that_of_the_workdir(served, fast_gan):
    trained, drawn = TrainedGan.open(fast_gan), draw(served, "shoes", "tops")
    images = trained.generator(drawn["latents"], trained.labels([0, 1]))
    assert np.abs((images.numpy() + 1) * 127.5 - drawn["images"]).max() <= 0.51
    assert drawn["images"].dtype == np.uint8
    assert drawn["images"].shape == (2, 32, 32, 3)


def test_latents_returned_draw_the_same_images_and_png_holds_them(served):
    drawn = draw(served, "tops", "shoes", "tops")
    again = draw(served, "tops", "shoes", "tops", latents=drawn["latents"], seed=99)
    np.testing.assert_array_equal(drawn["images"], again["images"])
    np.testing.assert_array_equal(drawn["latents"], again["latents"])
    for image, png in zip(drawn["images"], drawn["png_bytes"], strict=True):
        assert png.startswith(b"\x89PNG")
        np.testing.assert_array_equal(tf.io.decode_png(png), image)


def test_an_unknown_category_is_marked_and_changes_nobody_else(served):
    drawn, plain = draw(served, "tops", "hats", "", "shoes"), draw(served, "tops", "shoes", "tops", "shoes")
    assert drawn["category_known"].tolist() == [True, False, False, True]
    assert not drawn["images"][1:3].any()
    for row in (0, 3):
        np.testing.assert_array_equal(drawn["images"][row], plain["images"][row])


def test_nothing_asked_nothing_answered(served):
    drawn = draw(served)
    assert {name: value.shape for name, value in drawn.items()} == {
        "images": (0, 32, 32, 3), "png_bytes": (0,), "latents": (0, 8), "category_known": (0,),
    }  # fmt: skip
    assert {value.shape for value in score(served, [], []).values()} == {(0,)}


@pytest.mark.parametrize("rows", [1, 3])
def test_other_numbers_of_rows_fail_their_call_alone(served, planted, rows):
    with pytest.raises(tf.errors.InvalidArgumentError, match="latents: expected a row for each category, or none"):
        draw(served, "tops", "shoes", latents=np.zeros([rows, 8], np.float32))
    photos = planted.encoded_photos([0, 1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="categories: expected one for each image"):
        score(served, photos, ["tops"] * rows)
    assert draw(served, "tops")["category_known"].all()


def test_scores_are_the_networks_of_the_photos(served, fast_gan, planted):
    trained, ids = TrainedGan.open(fast_gan), [3, 14, 15, 88]
    photos = load_photo_table(planted, 32, progress=False)[ids]
    categories = planted.item_categories[ids]
    expected = discriminate(trained.discriminator, normalise(tf.constant(photos)), trained.labels(categories)).numpy()
    names = [planted.category_names[number] for number in categories]
    found = score(served, planted.encoded_photos(ids), names)
    np.testing.assert_allclose(found["scores"], expected, rtol=1e-4, atol=1e-5)
    assert found["image_readable"].all() and found["category_known"].all()
    swapped = score(served, planted.encoded_photos(ids), ["tops" if name == "shoes" else "shoes" for name in names])
    assert (swapped["scores"] != found["scores"]).all()


def test_what_cannot_be_scored_is_marked_and_changes_nobody_else(served, planted):
    good, other = planted.encoded_photos([4, 5])
    found = score(served, [b"", good, b"no photo", other, good], ["tops", "shoes", "hats", "tops", "hats"])
    assert found["image_readable"].tolist() == [False, True, False, True, True]
    assert found["category_known"].tolist() == [True, True, False, True, False]
    assert np.isnan(found["scores"]).tolist() == [True, False, True, False, True]
    alone = score(served, [good, other], ["shoes", "tops"])["scores"]
    np.testing.assert_allclose(found["scores"][[1, 3]], alone, rtol=1e-4, atol=1e-5)
    assert np.isnan(score(served, [b"?"], ["tops"])["scores"]).all()


@pytest.mark.slow
def test_the_tool_says_what_it_exported(fast_gan, exported, capsys):
    status, out, _ = run_tool(
        capsys, export_saved_model, f"--workdir={fast_gan}", f"--output={exported}", "--overwrite"
    )
    assert status == 0
    assert "2 categories, step " in out and out.endswith("signatures generate, discriminate\n")
