"""tools.tailor from two tiny trainings to its folder: figures recomputed, resumed after a kill, bad input refused."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan.design import tailor as module
from gan.design.tailor import tailor
from gan.design.tailor_config import TailorConfig
from gan.search.config import TAILORING, InversionConfig, resolve
from gan.trained import TrainedGan, network_weights
from tests.support.tiny_gan import refusal
from tests.support.tool import names
from tf_dvbpr.training.checkpoint import Checkpoints
from tfrecords.errors import InputError
from tfrecords.photos.decode import denormalise
from tools import tailor as tool

USERS, ITEM, CATEGORY = ("u0", "u1"), 3, "tops"
STEPS, SHOWN = 5, [0, 2, 4, 5]  # every second, and the last
MOST = 0.04  # the bound on the drift, which one of the two users reaches
SEARCH = {"steps": STEPS, "batch_size": 4, "learning_rate": 0.1}
INVERSION = {"invert_starts": 2, "invert_candidates": 6, "invert_steps": 4, "invert_rate": 0.1}
A_LEVEL = 1 / 127.5  # of a pixel, in [-1, 1]


def flags(output, *more, recommender="run", gan="gan", user="u0,u1"):
    search = [f"--{name}={value}" for name, value in {**SEARCH, **INVERSION}.items()]
    return [f"--recommender={recommender}", f"--gan={gan}", f"--output={output}", f"--user={user}", *search, *more]


def config(small_recommender, lively_gan, output, **given):
    settings = {"users": ",".join(USERS), "item": f"i{ITEM}", "max_drift": MOST, "every": 2, "gif": True, **given}
    return TailorConfig(
        recommender=str(small_recommender),
        gan=str(lively_gan),
        output=str(output),
        ascent=resolve("fast", {**TAILORING, **SEARCH}),
        inversion=InversionConfig(**INVERSION),
        **settings,
    )


@pytest.fixture(scope="module")
def tailored(small_recommender, lively_gan, make_folder):
    """The folder of the tool's run: an item altered for two users, held near."""
    output = make_folder("tailor") / "out"
    more = [f"--item=i{ITEM}", f"--max_drift={MOST}", "--every=2", "--gif"]
    tool.cli(["tool", *flags(output, *more, recommender=small_recommender, gan=lively_gan)])
    assert names(output.parent) == ["out"]
    return output


@pytest.fixture(scope="module")
def result(tailored):
    return json.loads((tailored / "tailor.json").read_text())


@pytest.fixture(scope="module")
def latents(tailored):
    """float32 [users, shown, Z]."""
    return np.load(tailored / "latents.npz", allow_pickle=False)["latents"].reshape(len(USERS), len(SHOWN), -1)


def labels_of(studio, count):
    return studio.labels(np.full(count, studio.gan.category(CATEGORY)))


def pixels(file):
    return np.asarray(Image.open(file)).astype(int)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")}


@pytest.mark.slow
def test_the_folder_holds_what_tailor_json_names(tailored, result):
    shown = {f"{user}-{step}.png" for user in USERS for step in SHOWN}
    assert {step["file"] for entry in result["tailored"] for step in entry["steps"]} == shown
    assert sorted(result["files"]) == ["latents.npz", "tailor.png", "u0.gif", "u1.gif"]
    assert set(names(tailored)) == shown | {*result["files"], "tailor.json", "prototype.png"}
    assert (tailored / "u0-0.png").read_bytes() == (tailored / "u1-0.png").read_bytes()


@pytest.mark.slow
def test_the_json_says_what_was_asked_and_for_whom(result):
    assert {name: result[name] for name in ("preset", "seed", "eta", "max_drift", "category", "notes")} == {
        "preset": "fast", "seed": 0, "eta": 1.0, "max_drift": MOST, "category": CATEGORY, "notes": [],
    }  # fmt: skip
    assert result["prototype"] == {"item": f"i{ITEM}", "photo": None, "file": "prototype.png"}
    assert {**SEARCH, **INVERSION}.items() <= result["settings"].items()
    assert result["settings"]["latent_form"] != "auto"
    assert [entry["user"] for entry in result["tailored"]] == list(USERS)
    for entry in result["tailored"]:
        assert [step["step"] for step in entry["steps"]] == SHOWN


@pytest.mark.slow
def test_the_picture_has_a_row_a_user(tailored, studio, small_recommender, lively_gan, tmp_path):
    both = Image.open(tailored / "tailor.png")
    alone = config(small_recommender, lively_gan, tmp_path / "alone", users=USERS[0])
    tailor(alone, progress=False, studio=studio)
    one = Image.open(tmp_path / "alone/tailor.png")
    assert one.width == both.width and one.height < both.height <= 2 * one.height
    np.testing.assert_array_equal(np.asarray(both)[: one.height // 2], np.asarray(one)[: one.height // 2])


@pytest.mark.slow
def test_the_way_begins_at_the_latent_that_inversion_found(tailored, result, studio, planted, latents):
    np.testing.assert_array_equal(latents[0, 0], latents[1, 0])
    image = studio.gan.generator(latents[:1, 0], labels_of(studio, 1))
    assert np.abs(pixels(tailored / "u0-0.png") - denormalise(image).numpy()[0]).max() <= 1
    # 32 pixels on both sides: the prototype is the photo itself.
    photo = tf.io.decode_jpeg(planted.encoded_photos([ITEM])[0], dct_method="INTEGER_ACCURATE").numpy()
    np.testing.assert_array_equal(pixels(tailored / "prototype.png"), photo)
    error = np.abs(image.numpy()[0] - (photo / 127.5 - 1)).mean()
    assert result["reconstruction_error"] == pytest.approx(error, abs=1e-4)


@pytest.mark.slow
def test_scores_are_those_of_the_latents(tailored, result, studio, latents):
    file = np.load(tailored / "latents.npz", allow_pickle=False)
    assert file["users"].tolist() == [user for user in USERS for _ in SHOWN]
    assert file["steps"].tolist() == SHOWN * 2 and set(file["categories"].tolist()) == {CATEGORY}
    labels = labels_of(studio, len(SHOWN))
    for entry, own in zip(result["tailored"], latents, strict=True):
        factors = studio.user_factors[studio.dataset.user_keys.tolist().index(entry["user"])]
        images = studio.gan.generator(own, labels)
        scores = studio.embedder.style_vectors(images).numpy() @ factors
        realness = studio.gan.discriminator(images, labels).numpy()
        for name, expected in (
            ("score", scores), ("realness", realness), ("objective", scores - (realness - 1) ** 2),
        ):  # fmt: skip
            np.testing.assert_allclose([step[name] for step in entry["steps"]], expected, rtol=1e-3, atol=1e-4)
        for step, image in zip(entry["steps"], denormalise(images).numpy().astype(int), strict=True):
            assert np.abs(pixels(tailored / step["file"]) - image).max() <= 1
        assert entry["steps"][-1]["objective"] > entry["steps"][0]["objective"]


@pytest.mark.slow
def test_the_drift_is_that_of_the_pictures_and_is_bounded(tailored, result):
    furthest = []
    for entry in result["tailored"]:
        first = pixels(tailored / entry["steps"][0]["file"])
        for step in entry["steps"]:
            by_hand = np.abs(pixels(tailored / step["file"]) - first).mean() * A_LEVEL
            assert step["drift"] == pytest.approx(by_hand, abs=A_LEVEL)
            assert step["drift"] <= MOST + 1e-6
        assert entry["steps"][0]["drift"] == 0
        furthest.append(max(step["drift"] for step in entry["steps"]))
    assert max(furthest) > 0.9 * MOST  # or the bound would not have been needed


@pytest.mark.slow
def test_without_a_bound_it_goes_further_also_as_another_category(studio, small_recommender, lively_gan, tmp_path):
    asked = {"max_drift": None, "category": "shoes", "gif": False, "every": 100}
    result = tailor(config(small_recommender, lively_gan, tmp_path / "out", **asked), progress=False, studio=studio)
    assert [step["step"] for step in result["tailored"][0]["steps"]] == [0, STEPS]
    assert max(entry["steps"][-1]["drift"] for entry in result["tailored"]) > MOST
    assert result["category"] == "shoes" and not list((tmp_path / "out").glob("*.gif"))
    latents = np.load(tmp_path / "out/latents.npz")["latents"]
    shoes = studio.labels(np.full(len(latents), studio.gan.category("shoes")))
    images = denormalise(studio.gan.generator(latents, shoes)).numpy().astype(int)
    files = [step["file"] for entry in result["tailored"] for step in entry["steps"]]
    for file, image in zip(files, images, strict=True):
        assert np.abs(pixels(tmp_path / "out" / file) - image).max() <= 1


@pytest.mark.slow
def test_the_prototype_scores_what_the_item_scores(result, studio):
    scores = studio.user_factors[:2] @ studio.item_factors[ITEM]
    found = [entry["prototype_score"] for entry in result["tailored"]]
    np.testing.assert_allclose(found, scores, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_the_animations_show_every_step_and_rest_on_the_last(tailored):
    for user in USERS:
        with Image.open(tailored / f"{user}.gif") as animation:
            durations = []
            for frame in range(animation.n_frames):
                animation.seek(frame)
                durations.append(animation.info["duration"])
            assert len(durations) == len(SHOWN) and durations[-1] > durations[0]
            assert animation.info["loop"] == 0 and animation.size == (256, 256)


@pytest.mark.slow
def test_a_photo_of_the_items_bytes_is_the_item(
    tailored, result, studio, planted, small_recommender, lively_gan, tmp_path
):
    (tmp_path / "my.jpg").write_bytes(planted.encoded_photos([ITEM])[0])
    asked = {"item": None, "photo": str(tmp_path / "my.jpg"), "category": CATEGORY}
    other = tailor(config(small_recommender, lively_gan, tmp_path / "out", **asked), progress=False, studio=studio)
    assert other["prototype"] == {"item": None, "photo": "my.jpg", "file": "prototype.png"}
    assert {**other, "prototype": 0} == {**result, "prototype": 0}
    differing = {name for name, data in contents(tmp_path / "out").items() if (tailored / name).read_bytes() != data}
    assert differing == {"tailor.json"}


@pytest.mark.slow
def test_killed_between_inversion_and_ascent_it_goes_on_to_the_same_bytes(
    tailored, studio, small_recommender, lively_gan, tmp_path, monkeypatch
):
    """Also: the same seed gives the same bytes, in networks opened anew."""
    asked = config(small_recommender, lively_gan, tmp_path / "out")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "_improve", killed)
        tailor(asked, progress=False, studio=studio)
    assert names(tmp_path) == [".out.partial"] and names(tmp_path / ".out.partial/.parts") == ["inversion.npz"]
    monkeypatch.setattr(module, "_invert", killed)
    tailor(asked, progress=False, studio=studio)
    assert names(tmp_path) == ["out"]
    assert contents(tmp_path / "out") == contents(tailored)


@pytest.mark.parametrize(
    ("more", "user", "expected"),
    [
        (["--item=i3"], "u0,nobody", "--user=nobody: no such user"),
        (["--item=i3"], "u0,", "--user=u0,: an empty key in the list"),
        (["--item=nothing"], "u0", "--item=nothing: no such item"),
        (["--item=i3", "--category=hats"], "u0", "--category: category 'hats': not one the GAN was trained on"),
        ([], "u0", "Give --item=KEY or --photo=FILE, one of them"),
        (["--item=i3", "--photo=a.jpg"], "u0", "Give --item=KEY or --photo=FILE, one of them"),
        (["--photo=a.jpg"], "u0", "--photo=a.jpg: give its --category"),
        (["--photo=nowhere.jpg", "--category=tops"], "u0", "--photo=nowhere.jpg: "),
        (["--photo=/", "--category=tops"], "u0", "--photo=/: "),
        (["--item=i3", "--max_drift=0"], "u0", "--max_drift=0.0: expected a number above 0 and under 2"),
        (["--item=i3", "--max_drift=nan"], "u0", "--max_drift=nan: expected a number above 0 and under 2"),
        (["--item=i3", "--every=0"], "u0", "--every=0: expected from 1"),
        (["--item=i3", "--steps=0"], "u0", "--steps=0: expected from 1"),
        (["--item=i3", "--eta=-1"], "u0", "--eta=-1.0: expected 0 or more, and finite"),
        (["--item=i3", "--invert_candidates=1"], "u0", "--invert_candidates=1: expected from 2"),
        (["--item=i3", "--invert_rate=0"], "u0", "--invert_rate=0.0: expected a number above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(opened, tmp_path, capsys, more, user, expected):
    assert expected in refusal(capsys, tool, *flags(tmp_path / "out", *more, user=user))
    assert names(tmp_path) == []


def test_a_photo_that_is_none(opened, tmp_path, capsys):
    (tmp_path / "my.jpg").write_text("no photo")
    line = refusal(capsys, tool, *flags(tmp_path / "out", f"--photo={tmp_path}/my.jpg", "--category=tops"))
    assert f"--photo={tmp_path}/my.jpg: no image of a known format" in line
    assert names(tmp_path) == ["my.jpg"]


def test_a_photo_needs_a_category_that_says_something():
    with pytest.raises(InputError, match="give its category"):
        config("run", "gan", "out", item=None, photo="my.jpg", category="")


def test_an_output_that_holds_other_things(opened, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    line = refusal(capsys, tool, *flags(tmp_path, "--item=i3"))
    assert "holds other things (no tailor.json)" in line and names(tmp_path) == ["mine.txt"]


def test_runs_that_are_of_another_kind(small_recommender, lively_gan, tmp_path, capsys):
    for run, said in ((lively_gan, "it makes no style vectors; give a DVBPR's"), (small_recommender, "not to the GAN")):
        assert said in refusal(capsys, tool, *flags(tmp_path / "out", "--item=i3", recommender=run, gan=run))
    assert names(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_diverged_networks_end_in_one_line(small_recommender, lively_gan, tmp_path, capsys, network):
    broken = tmp_path / "gan"
    shutil.copytree(lively_gan, broken, ignore=shutil.ignore_patterns("checkpoints", "best"))
    trained = TrainedGan.open(lively_gan)
    weights = network_weights(trained.generator, trained.discriminator)
    bias = next(variable for name, variable in weights.items() if name.startswith(network) and name.endswith("bias"))
    bias.assign(tf.fill(bias.shape, float("nan")))
    Checkpoints(broken / "best", weights, keep=1).save(trained.step, {"step": trained.step})
    line = refusal(
        capsys, tool, *flags(tmp_path / "out", "--item=i3", recommender=small_recommender, gan=broken, user="u0")
    )
    assert "not finite" in line and not (tmp_path / "out").exists()
