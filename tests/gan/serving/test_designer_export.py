"""Recommender and GAN as one SavedModel: the tools' designs anywhere, whatever is wrong in a row marked in that row."""

import base64
import dataclasses
import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan.design.design_config import DesignConfig
from gan.design.designs import design_garments
from gan.design.model_pair import Studio
from gan.design.tailor import tailor
from gan.design.tailor_config import TailorConfig
from gan.search.config import TAILORING, InversionConfig, resolve
from gan.serving.designer_design import DesignModule
from tests.support.served import predict, running
from tests.support.tiny_gan import refusal, run_tool
from tf_dvbpr.workdir import Workdir
from tools import export_saved_model

USERS, CATEGORIES = ("u0", "u1"), ("tops", "shoes")
ITEM = 3
DESIGN = {"k": 2, "starts": 4, "candidates": 9, "steps": 3, "eta": 1.0, "seed": 5}
TAILOR = {"starts": 2, "invert_steps": 4, "steps": 4, "frames": 3, "eta": 1.0, "max_drift": 0.05, "seed": 5}

# Runs where none of our packages can be imported, whatever is installed.
ALONE = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tfrecords", "tf_dvbpr", "gan", "tools"):
            raise ImportError(name + " must not be needed")

sys.meta_path.insert(0, Refuse())
import numpy as np
import tensorflow as tf

served = tf.saved_model.load(sys.argv[1]).signatures
asked, photo = json.loads(sys.argv[2]), tf.constant([open(sys.argv[3], "rb").read()])
for name in ("design", "tailor"):
    inputs = {key: tf.constant(value) for key, value in asked[name].items()}
    answer = served[name](**inputs, **({"image_bytes": photo} if name == "tailor" else {}))
    np.savez(f"{name}.npz", **{key: value.numpy() for key, value in answer.items()})
"""


@pytest.fixture(scope="module")
def studio(small_recommender, lively_gan):
    return Studio.open(str(small_recommender), str(lively_gan))


@pytest.mark.slow
def test_a_whole_predictor_designs_by_its_visual_part(small_recommender, studio, lively_gan, tmp_path):
    """The same t_u and Phi with other columns around them: the same tastes, retrieval and served design."""
    plain, draw = Workdir.open(small_recommender).factors(), np.random.default_rng(0)
    around = [draw.normal(size=(len(rows), 4)).astype(np.float32) for rows in (plain.user_factors, plain.item_factors)]
    users, items = (
        np.concatenate([more[:, :3], rows, more[:, 3:]], 1)
        for more, rows in zip(around, (plain.user_factors, plain.item_factors), strict=True)
    )
    columns = 3, 3 + plain.user_factors.shape[1]
    shutil.copytree(small_recommender, tmp_path / "whole")
    whole = dataclasses.replace(plain, user_factors=users, item_factors=items, visual=columns, unseen_bias=0.5)
    whole.save(tmp_path / "whole/factors.npz")
    wide = Studio.open(str(tmp_path / "whole"), str(lively_gan))
    np.testing.assert_array_equal(wide.user_factors, plain.user_factors)
    np.testing.assert_array_equal(wide.item_factors, plain.item_factors)
    np.testing.assert_array_equal(wide.retrieve(np.array([0, 1]), 0, 3)[0], studio.retrieve(np.array([0, 1]), 0, 3)[0])
    answers = []
    for pair, factors in ((studio, plain), (wide, whole)):
        ascent, known = pair.settled(resolve("fast", {})), pair.dataset.own_items()
        module = DesignModule(pair, known, factors, ascent, 10**6)
        asked = {name: tf.constant(value) for name, value in DESIGN.items()}
        answers.append(module.design(tf.constant(["u1"]), tf.constant(["tops"]), **asked))
    for name in ("scores", "realness"):
        np.testing.assert_allclose(answers[1][name], answers[0][name], rtol=1e-4, err_msg=name)
    assert np.isfinite(answers[0]["scores"]).all()


@pytest.fixture(scope="module")
def exported(small_recommender, lively_gan, make_folder):
    output = make_folder("export") / "designer/1"
    flags = [f"--workdir={small_recommender}", f"--gan={lively_gan}", f"--output={output}"]
    export_saved_model.cli(["tool", *flags])
    return output


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported))


@pytest.fixture(scope="module")
def photo(planted):
    return planted.encoded_photos([ITEM])[0]


def design(loaded, users, categories, **given):
    settings = {name: tf.constant(value) for name, value in {**DESIGN, **given}.items()}
    strings = {"user_keys": tf.constant(users, tf.string), "categories": tf.constant(categories, tf.string)}
    return {name: value.numpy() for name, value in loaded.signatures["design"](**strings, **settings).items()}


def alter(loaded, users, photos, categories, **given):
    settings = {name: tf.constant(value) for name, value in {**TAILOR, **given}.items()}
    strings = {"user_keys": users, "image_bytes": photos, "categories": categories}
    strings = {name: tf.constant(value, tf.string) for name, value in strings.items()}
    return {name: value.numpy() for name, value in loaded.signatures["tailor"](**strings, **settings).items()}


def pixels(file):
    return np.asarray(Image.open(file)).astype(int)


def same_picture(png, file):
    return np.abs(pixels(io.BytesIO(png)) - pixels(file)).max() <= 1


def is_nothing(answer, row):
    return (answer["png_bytes"][row] == b"").all() and np.isnan(answer["scores"][row]).all()


def same_row(answer, row, other, place):
    """Pictures apart: other numbers of rows may round another way."""
    for name in ("scores", "realness", "latents"):
        np.testing.assert_allclose(answer[name][row], other[name][place], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_it_serves_all_that_the_recommender_does_and_designs(loaded):
    names = {"serving_default", "recommend", "score", "embed_image", "score_image", "explain", "design", "tailor"}
    assert set(loaded.signatures) == names
    best = loaded.signatures["recommend"](user_keys=["u0"], k=tf.constant(2), category=tf.constant("tops"))
    again = loaded.signatures["score"](user_keys=["u0"], item_keys=best["item_keys"][0])
    np.testing.assert_allclose(again["scores"], best["scores"][0], rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def alone(exported, photo, make_folder):
    """What design and tailor answer where there is TensorFlow alone."""
    folder = make_folder("alone")
    (folder / "photo.jpg").write_bytes(photo)
    asked = {
        "design": {"user_keys": USERS, "categories": CATEGORIES, **DESIGN},
        "tailor": {"user_keys": USERS[:1], "categories": CATEGORIES[:1], **TAILOR},
    }
    command = [sys.executable, "-I", "-c", ALONE, str(exported), json.dumps(asked), "photo.jpg"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    return {name: dict(np.load(folder / f"{name}.npz", allow_pickle=True)) for name in asked}


@pytest.mark.slow
def test_designs_are_those_of_the_tool(alone, studio, small_recommender, lively_gan, tmp_path):
    settings = {name: DESIGN[name] for name in ("starts", "candidates", "steps", "eta", "seed")}
    asked = DesignConfig(
        str(small_recommender), str(lively_gan), str(tmp_path / "out"), ",".join(USERS),
        resolve("fast", settings), CATEGORIES, k=2, group="none",
    )  # fmt: skip
    entries = {
        (entry["users"][0], entry["category"]): entry["designed"]
        for entry in design_garments(asked, progress=False, studio=studio)["designs"]
    }
    found = alone["design"]
    assert found["user_known"].tolist() == found["category_known"].tolist() == [True, True]
    for row, asked_for in enumerate(zip(USERS, CATEGORIES, strict=True)):
        for rank, one in enumerate(entries[asked_for]):
            assert found["scores"][row, rank] == pytest.approx(one["score"], abs=1e-3)
            assert found["realness"][row, rank] == pytest.approx(one["realness"], abs=1e-3)
            assert found["objectives"][row, rank] == pytest.approx(one["objective"], abs=1e-3)
            assert same_picture(found["png_bytes"][row, rank], tmp_path / "out" / one["file"])


@pytest.mark.slow
def test_a_tailoring_is_that_of_the_tool(alone, studio, small_recommender, lively_gan, tmp_path):
    ascent = resolve("fast", {**TAILORING, "steps": TAILOR["steps"], "seed": TAILOR["seed"]})
    inversion = InversionConfig(invert_starts=TAILOR["starts"], invert_steps=TAILOR["invert_steps"])
    asked = TailorConfig(
        str(small_recommender), str(lively_gan), str(tmp_path / "out"), USERS[0], ascent, inversion,
        item=f"i{ITEM}", max_drift=TAILOR["max_drift"], every=2,
    )  # fmt: skip
    result, found = tailor(asked, progress=False, studio=studio), alone["tailor"]
    assert result["category"] == CATEGORIES[0]
    assert found["reconstruction_error"] == pytest.approx([result["reconstruction_error"]], abs=1e-3)
    steps = result["tailored"][0]["steps"]
    assert [step["step"] for step in steps] == [0, 2, 4] and found["scores"].shape == (1, 3)
    for frame, step in enumerate(steps):
        for name in ("score", "realness", "drift"):
            plural = {"score": "scores"}.get(name, name)
            # Before the first step both agree to 1e-6. After it oneDNN's rounding decides: up to 1.3e-3 apart on one
            # processor, 4e-7 with TF_ENABLE_ONEDNN_OPTS=0.
            assert found[plural][0, frame] == pytest.approx(step[name], abs=2e-3 if frame else 1e-5)
        assert same_picture(found["png_bytes"][0, frame], tmp_path / "out" / step["file"])
    assert found["drift"].max() <= TAILOR["max_drift"] + 1e-6


@pytest.mark.slow
def test_unknown_keys_of_a_design_are_marked_and_change_nobody_else(loaded):
    users, categories = ["u0", "nobody", "u1", ""], ["tops", "shoes", "hats", ""]
    answer, plain = design(loaded, users, categories), design(loaded, ["u0", "u1"], ["tops", "shoes"])
    assert answer["user_known"].tolist() == [True, False, True, False]
    assert answer["category_known"].tolist() == [True, True, False, False]
    assert all(is_nothing(answer, row) for row in (1, 2, 3))
    same_row(answer, 0, plain, 0)
    assert answer["scores"].shape == (4, 2) and answer["latents"].shape == (4, 2, 8)


@pytest.mark.slow
def test_one_user_and_all_categories(loaded):
    answer, plain = design(loaded, ["u0"], CATEGORIES), design(loaded, ["u0", "u0"], CATEGORIES)
    for row in range(2):
        same_row(answer, row, plain, row)
    assert (answer["objectives"][:, 0] >= answer["objectives"][:, 1]).all()  # best first


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "shown"), [({"k": 7, "starts": 3}, 3), ({"k": 0}, 1), ({"k": -2, "starts": 0, "candidates": 0}, 1)]
)
def test_numbers_out_of_range_are_brought_into_it(loaded, given, shown):
    answer = design(loaded, ["u0"], ["tops"], **{"steps": 0, **given})
    assert answer["png_bytes"].shape == (1, shown) and np.isfinite(answer["scores"]).all()


def test_nothing_asked_nothing_designed(loaded):
    answer = design(loaded, [], [])
    assert {name: value.shape for name, value in answer.items()} == {
        "png_bytes": (0, 2), "scores": (0, 2), "realness": (0, 2), "objectives": (0, 2), "latents": (0, 2, 8),
        "user_known": (0,), "category_known": (0,),
    }  # fmt: skip


@pytest.mark.slow
def test_a_row_of_a_tailoring_that_is_wrong_is_marked_and_changes_nobody_else(loaded, photo):
    users = ["nobody", "u0", "u0", "u0", "u0"]
    photos = [photo, b"no photo", photo, photo, photo[: len(photo) // 2]]
    categories = ["tops", "tops", "hats", "tops", "tops"]
    answer, plain = alter(loaded, users, photos, categories), alter(loaded, ["u0"], [photo], ["tops"])
    assert answer["user_known"].tolist() == [False, True, True, True, True]
    assert answer["image_readable"].tolist() == [True, False, True, True, False]
    assert answer["category_known"].tolist() == [True, True, False, True, True]
    for row in (0, 1, 2, 4):
        assert is_nothing(answer, row) and np.isnan(answer["reconstruction_error"][row])
    same_row(answer, 3, plain, 0)
    assert plain["drift"][0, 0] == 0 and np.isfinite(plain["reconstruction_error"]).all()


@pytest.mark.slow
def test_one_photo_for_many_users_and_one_user_for_many_photos(loaded, photo, planted):
    other = planted.encoded_photos([ITEM + 2])[0]
    for lists in ((["u0", "u1"], [photo], ["tops"]), (["u0"], [photo, other], ["tops", "shoes"])):
        answer = alter(loaded, *lists)
        plain = alter(loaded, *(some * (2 // len(some)) for some in lists))
        assert answer["png_bytes"].shape == (2, 3) and answer["image_readable"].all()
        for row in range(2):
            same_row(answer, row, plain, row)
    unread = alter(loaded, ["u0", "u1"], [b"?"], ["tops"])
    assert unread["image_readable"].tolist() == [False, False] and unread["user_known"].all()


@pytest.mark.slow
def test_no_photo_at_all_can_be_read(loaded):
    answer = alter(loaded, ["u0", "u1"], [b"", b"?"], ["tops", "tops"])
    assert not answer["image_readable"].any() and is_nothing(answer, 0) and is_nothing(answer, 1)


def test_nothing_asked_nothing_altered(loaded):
    answer = alter(loaded, [], [], [])
    assert answer["png_bytes"].shape == answer["drift"].shape == (0, 3)
    assert answer["latents"].shape == (0, 3, 8) and answer["reconstruction_error"].shape == (0,)


@pytest.mark.slow
def test_lists_that_do_not_go_together_fail_their_call_alone(loaded, photo):
    with pytest.raises(tf.errors.InvalidArgumentError):
        design(loaded, ["u0", "u1"], ["tops"] * 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        alter(loaded, ["u0"] * 3, [photo] * 2, ["tops"] * 3)
    assert design(loaded, ["u0"], ["tops"], steps=1)["user_known"].all()


@pytest.mark.slow
def test_more_frames_than_steps_repeat_some_and_no_bound_is_none(loaded, photo):
    free = alter(loaded, ["u0"], [photo], ["tops"], frames=7, steps=2, max_drift=0.0)
    assert free["png_bytes"].shape == (1, 7) and len(set(free["png_bytes"][0])) == 3
    held = alter(loaded, ["u0"], [photo], ["tops"], frames=7, steps=2, max_drift=0.01)
    assert held["drift"].max() <= 0.01 + 1e-6 < free["drift"].max()


@pytest.mark.slow
def test_the_tool_tells_what_it_made(exported, small_recommender, lively_gan, tmp_path, capsys):
    flags = [f"--workdir={small_recommender}", f"--gan={lively_gan}", f"--output={exported}"]
    assert "--overwrite" in refusal(capsys, export_saved_model, *flags)
    status, out, _ = run_tool(capsys, export_saved_model, *flags[:2], f"--output={tmp_path}/1", "--preset=paper")
    assert status == 0 and "60 users, 90 items" in out
    assert "recommend, score, embed_image, score_image, explain, design, tailor" in out


@pytest.mark.slow
def test_a_designer_can_hold_an_index(small_recommender, lively_gan, tmp_path, capsys):
    pytest.importorskip("faiss")
    flags = [f"--workdir={small_recommender}", f"--gan={lively_gan}", f"--output={tmp_path}/1"]
    status, out, _ = run_tool(capsys, export_saved_model, *flags, "--index=ivfpq", "--least_recall=1")
    assert status == 0 and "index: recall@100 1.0000 of 60 users" in out
    assert (tmp_path / "1" / "assets.extra" / "index.faiss").is_file()
    signatures = tf.saved_model.load(str(tmp_path / "1")).signatures
    asked = {"user_keys": tf.constant(["u0", "u59"]), "k": tf.constant(9), "category": tf.constant("tops")}
    found, exact = (signatures[name](**asked)["item_keys"].numpy() for name in ("recommend", "recommend_exact"))
    assert "design" in signatures and (found == exact).all()


def test_runs_in_each_others_place_are_refused(small_recommender, lively_gan, tmp_path, capsys):
    def said(workdir, gan):
        flags = [f"--workdir={workdir}", f"--gan={gan}", f"--output={tmp_path}/1"]
        return refusal(capsys, export_saved_model, *flags)

    assert "a GAN already; with --gan give a recommender's --workdir" in said(lively_gan, small_recommender)
    assert "not to the GAN" in said(small_recommender, small_recommender)
    assert not list(tmp_path.iterdir())


def test_a_preset_of_designs_without_a_gan_is_refused(small_recommender, tmp_path, capsys):
    flags = [f"--workdir={small_recommender}", "--preset=paper", f"--output={tmp_path}/1"]
    assert "--preset has no effect without --gan" in refusal(capsys, export_saved_model, *flags)


@pytest.mark.slow
def test_designs_over_http_as_in_process_and_no_more_steps_than_the_server_allows(exported, loaded, photo):
    with running(exported.parent, max_design_steps=24) as server:
        inputs = {"user_keys": ["u0", "nobody"], "categories": ["tops"], **DESIGN}
        status, answer = predict(server, {"signature_name": "design", "inputs": inputs})
        assert status == 200
        expected, found = design(loaded, ["u0", "nobody"], ["tops"]), answer["outputs"]
        png = [[base64.b64decode(one["b64"]) for one in row] for row in found["png_bytes"]]
        assert png == expected["png_bytes"].tolist() and png[1] == [b"", b""]
        np.testing.assert_allclose(found["scores"][0], expected["scores"][0], rtol=1e-4)
        assert found["scores"][1] == [None, None] and found["user_known"] == [True, False]
        status, answer = predict(server, {"signature_name": "design", "inputs": {**inputs, "steps": 4}})
        assert status == 413 and answer["error"].startswith("2 rows x 4 starts x 4 steps: at most 24 allowed")
        inputs = {"user_keys": ["u0"], "categories": ["tops"], **TAILOR}
        inputs["image_bytes"] = [{"b64": base64.b64encode(photo).decode()}]
        status, answer = predict(server, {"signature_name": "tailor", "inputs": inputs})
        assert status == 200 and len(answer["outputs"]["png_bytes"][0]) == 3
