import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.odd_photos import odd_photos
from tests.support.shop import encode
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.explanation.explain import open_explainer
from tf_dvbpr.explanation.explainer import parts_of
from tf_dvbpr.explanation.garment import photo_garment
from tf_dvbpr.explanation.heat_map import heat_map
from tf_dvbpr.ranking.topk import top_k
from tf_dvbpr.recommender.config import RecommendConfig
from tf_dvbpr.recommender.recommend import recommend
from tf_dvbpr.serving import export as export_file
from tf_dvbpr.serving.config import ExportConfig
from tf_dvbpr.serving.export import export
from tf_dvbpr.serving.module import ServingModule
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.files.folder_lock import locked
from tfrecords.photo_store.table import load_photo_table

pytestmark = pytest.mark.stack

# Runs where none of our packages can be imported, whatever is installed.
ALONE = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tfrecords", "tf_dvbpr", "gan", "tools"):
            raise ImportError(name + " must not be needed")

sys.meta_path.insert(0, Refuse())
import tensorflow as tf

served = tf.saved_model.load(sys.argv[1]).signatures
out = served["serving_default"](
    user_keys=tf.constant(["u0", "nobody", "u59"]), k=tf.constant(4), category=tf.constant("tops")
)
photo = served["embed_image"](image_bytes=tf.constant([open(sys.argv[2], "rb").read()]))
print(json.dumps([
    [[key.decode() for key in row] for row in out["item_keys"].numpy()],
    out["scores"].numpy().tolist(),
    photo["style_vectors"].numpy().tolist(),
]))
"""


@pytest.fixture(scope="module")
def workdir(small_recommender):
    """A run of a few steps: enough for factors that are not all alike."""
    return small_recommender


@pytest.fixture(scope="module")
def exported(workdir, make_folder):
    output = make_folder("export") / "export" / "1"
    result = export(ExportConfig(str(workdir), str(output)))
    assert (result["users"], result["items"]) == (60, 90)
    assert result["signatures"] == ["recommend", "score", "embed_image", "score_image", "explain"]
    return output


@pytest.fixture(scope="module")
def served(exported):
    return tf.saved_model.load(str(exported)).signatures


def strings(*values):
    return tf.constant(list(values), tf.string)


def ask(served, *users, k=5, category=""):
    return served["recommend"](user_keys=strings(*users), k=tf.constant(k), category=tf.constant(category))


def keys_of(out):
    return [[key.decode() for key in row] for row in out["item_keys"].numpy()]


def same(actual, expected):
    # One product of 8 numbers by two routes, or a network in batches of two sizes: equal but for the last bits of
    # the largest of them.
    scale = max(0.5, np.nanmax(np.abs(expected)))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=2e-6 * scale)


@pytest.mark.slow
def test_loads_with_tensorflow_alone_in_another_process(exported, workdir, planted, tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(planted.encoded_photos([0])[0])
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(exported), str(photo)],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    item_keys, scores, style = json.loads(done.stdout.splitlines()[-1])
    for row, user in ((0, "u0"), (2, "u59")):
        expected = recommend(RecommendConfig(str(workdir), user, 4, "tops"))[user]
        assert item_keys[row] == [one.item for one in expected]
        same(scores[row], [one.score for one in expected])
    assert item_keys[1] == [""] * 4 and np.isnan(scores[1]).all()
    same(style[0], Workdir.open(workdir).factors().item_factors[0])


@pytest.mark.slow
def test_recommends_what_top_k_says_for_every_user(served, workdir, planted):
    factors = Workdir.open(workdir).factors()
    out = ask(served, *planted.user_keys)
    items, scores = top_k(factors.user_factors, factors.item_factors, np.arange(60), 5, *planted.own_items())
    assert keys_of(out) == planted.item_keys[items].tolist()
    same(out["scores"], scores)
    assert out["user_known"].numpy().all()


@pytest.mark.slow
def test_more_users_than_a_block_and_none_at_all(served, planted):
    users = [planted.user_keys[n % 60] for n in range(131)]
    many = keys_of(ask(served, *users, k=3))
    single = {user: keys_of(ask(served, user, k=3))[0] for user in planted.user_keys[:60]}
    assert many == [single[user] for user in users]
    assert ask(served)["item_keys"].shape == (0, 5)


@pytest.mark.slow
def test_known_items_are_never_recommended_and_missing_places_are_marked(served, planted):
    out = ask(served, "u0", k=1000)
    indptr, own = planted.own_items()
    expected = set(planted.item_keys) - set(planted.item_keys[own[indptr[0] : indptr[1]]])
    assert out["item_keys"].shape == (1, 90)  # k is cut to the number of items
    keys = keys_of(out)[0]
    assert set(keys[: len(expected)]) == expected and set(keys[len(expected) :]) == {""}
    scores = out["scores"].numpy()[0]
    assert (np.diff(scores[: len(expected)]) <= 0).all() and np.isnan(scores[len(expected) :]).all()


@pytest.mark.slow
def test_category_filter(served, planted):
    tops = set(planted.item_keys[planted.item_categories == planted.category_names.index("tops")])
    assert set(keys_of(ask(served, "u1", category="tops"))[0]) <= tops
    out = ask(served, "u1", category="hats")
    assert keys_of(out) == [[""] * 5] and out["user_known"].numpy().tolist() == [True]
    assert ask(served, "u1", k=-3)["item_keys"].shape == (1, 0)


@pytest.mark.slow
def test_unknown_user_is_marked_and_fails_nobody_else(served):
    out = ask(served, "u7", "", "nobody", "U7")
    assert out["user_known"].numpy().tolist() == [True, False, False, False]
    assert keys_of(out)[0] == keys_of(ask(served, "u7"))[0] and keys_of(out)[1:] == [[""] * 5] * 3
    assert np.isnan(out["scores"].numpy()[1:]).all()


@pytest.mark.slow
def test_score(served, workdir):
    factors = Workdir.open(workdir).factors()
    rows = {key: row for row, key in enumerate(factors.item_keys)}
    out = served["score"](user_keys=strings("u3", "x", "u3", "u0"), item_keys=strings("i0", "i0", "x", "i89"))
    users = {key: row for row, key in enumerate(factors.user_keys)}
    expected = [
        factors.user_factors[users[u]] @ factors.item_factors[rows[i]] for u, i in (("u3", "i0"), ("u0", "i89"))
    ]
    same(out["scores"].numpy()[[0, 3]], expected)
    assert np.isnan(out["scores"].numpy()[[1, 2]]).all()
    assert out["user_known"].numpy().tolist() == [True, False, True, True]
    assert out["item_known"].numpy().tolist() == [True, True, False, True]
    one_user = served["score"](user_keys=strings("u3"), item_keys=strings("i0", "i1"))
    same(one_user["scores"].numpy()[0], expected[0])
    assert one_user["user_known"].shape == (2,)


@pytest.mark.slow
def test_a_photo_means_the_same_in_training_evaluation_and_export(served, workdir, planted):
    opened = Workdir.open(workdir)
    ids = [0, 17, 89]
    in_evaluation = opened.factors().item_factors[ids]
    table = load_photo_table(planted, 32, progress=False)
    same(open_embedder(opened)(tf.constant(table[ids])), in_evaluation)
    out = served["embed_image"](image_bytes=strings(*planted.encoded_photos(ids)))
    same(out["style_vectors"], in_evaluation)
    assert out["image_readable"].numpy().all()


@pytest.mark.slow
@pytest.mark.parametrize("broken", [b"", b"no photo", b"\xff\xd8\xff", b"\x89PNG\r\n"])
def test_unreadable_photo_is_marked_and_fails_nobody_else(served, planted, broken):
    good = planted.encoded_photos([4])[0]
    out = served["embed_image"](image_bytes=strings(broken, good, good[: len(good) // 2], broken))
    assert out["image_readable"].numpy().tolist() == [False, True, False, False]
    alone = served["embed_image"](image_bytes=strings(good))["style_vectors"].numpy()[0]
    same(out["style_vectors"].numpy()[1], alone)
    assert np.isnan(out["style_vectors"].numpy()[[0, 2, 3]]).all()
    nothing = served["embed_image"](image_bytes=strings(broken))
    assert np.isnan(nothing["style_vectors"]).all() and not nothing["image_readable"].numpy().any()


@pytest.mark.slow
def test_photos_of_every_format_are_what_they_show_or_are_marked(served):
    photos = list(odd_photos().values())
    out = served["embed_image"](image_bytes=strings(*(photo.encoded for photo in photos)))
    # An EXIF orientation is not looked at; of lossy files the decoders may differ by a level.
    read = [n for n, one in enumerate(photos) if one.served == "read" and not one.encoded.startswith(b"\xff\xd8")]
    unread = [n for n, one in enumerate(photos) if one.served == "not read"]
    assert out["image_readable"].numpy()[read].all() and not out["image_readable"].numpy()[unread].any()
    shown = strings(*(tf.io.encode_png(photos[n].shown).numpy() for n in read))
    vectors = served["embed_image"](image_bytes=shown)["style_vectors"].numpy()
    scale = np.abs(vectors).max()
    np.testing.assert_allclose(out["style_vectors"].numpy()[read], vectors, atol=0.02 * scale)


@pytest.mark.slow
def test_a_photo_of_more_pixels_than_the_limit_is_marked_and_fails_nobody_else(workdir, tmp_path):
    export(ExportConfig(str(workdir), str(tmp_path / "1"), max_pixels=30 * 40))
    embed = tf.saved_model.load(str(tmp_path / "1")).signatures["embed_image"]
    files = [encode(size=size, form=form) for form in ("PNG", "JPEG") for size in ((30, 40), (30, 41))]
    assert embed(image_bytes=strings(*files))["image_readable"].numpy().tolist() == [True, False] * 2


@pytest.mark.slow
def test_score_image(served, workdir, planted):
    factors = Workdir.open(workdir).factors()
    users = {key: row for row, key in enumerate(factors.user_keys)}
    photo = planted.encoded_photos([12])[0]
    out = served["score_image"](user_keys=strings("u8", "x", "u8"), image_bytes=strings(photo, photo, b"?"))
    same(out["scores"].numpy()[0], factors.user_factors[users["u8"]] @ factors.item_factors[12])
    assert np.isnan(out["scores"].numpy()[1:]).all()
    assert out["user_known"].numpy().tolist() == [True, False, True]
    assert out["image_readable"].numpy().tolist() == [True, True, False]
    several = served["score_image"](user_keys=strings("u8", "u9"), image_bytes=strings(photo))
    same(several["scores"].numpy()[0], out["scores"].numpy()[0])


@pytest.mark.slow
def test_explain(served, workdir, planted):
    photo = planted.encoded_photos([12])[0]
    users, photos = strings("u8", "x", "u8", "u9"), strings(photo, photo, b"?", photo)
    out = {name: value.numpy() for name, value in served["explain"](user_keys=users, image_bytes=photos).items()}
    assert out["user_known"].tolist() == [True, False, True, True]
    assert out["image_readable"].tolist() == [True, True, False, True]
    assert out["png_bytes"][1:3].tolist() == [b"", b""]
    for name in ("scores", "white_scores", "contributions"):
        assert np.isnan(out[name][1:3]).all() and np.isfinite(out[name][[0, 3]]).all()
    expected = served["score_image"](user_keys=users, image_bytes=photos)["scores"].numpy()
    same(out["scores"][[0, 3]], expected[[0, 3]])
    explainer, _ = open_explainer(str(workdir))
    garment = photo_garment(photo, planted, explainer.embedder)
    for row, key in ((0, "u8"), (3, "u9")):
        taste = explainer.factors.tastes[planted.user_keys.tolist().index(key)]
        maps = explainer.maps(garment, taste[None], 64, ())
        attributions = maps.maps["integrated_gradients"][0]
        same(out["white_scores"][row], maps.white[0])
        # Where the last bit decides which of two equal values a pool takes, the gradient goes another way.
        scale = np.abs(attributions).sum()
        np.testing.assert_allclose(out["contributions"][row] / scale, parts_of(attributions) / scale, atol=1e-4)
        difference = out["scores"][row] - out["white_scores"][row]
        np.testing.assert_allclose(out["contributions"][row].sum() / scale, difference / scale, atol=0.01)
        drawn = np.asarray(Image.open(io.BytesIO(out["png_bytes"][row]))).astype(int)
        by_hand = np.asarray(heat_map(garment.pixels, attributions)).astype(int)
        assert drawn.shape == (256, 256, 3) and np.abs(drawn - by_hand).mean() < 2
    none = served["explain"](user_keys=strings("u8"), image_bytes=strings())
    assert none["contributions"].shape == (0, 8, 8)


@pytest.mark.slow
def test_saved_model_cli_takes_the_documented_call(exported):
    cli = Path(sys.executable).with_name("saved_model_cli")
    arguments = ["run", f"--dir={exported}", "--tag_set=serve", "--signature_def=recommend"]
    expressions = "user_keys=['u0','nobody'];k=2;category=''"
    done = subprocess.run(
        [str(cli), *arguments, f"--input_exprs={expressions}"], capture_output=True, text=True, timeout=300, check=True
    )
    shown = " ".join(done.stdout.split())  # the columns' widths depend on the scores
    assert "[ True False]" in shown and "[b'' b'']" in shown and "[ nan nan]]" in shown


def test_without_a_network_there_are_no_photo_signatures(workdir, planted, tmp_path):
    factors = Workdir.open(workdir).factors()
    module = ServingModule(factors, *planted.own_items(), np.full(90, -1), (), None)
    assert set(module.signatures()) == {"serving_default", "recommend", "score"}
    export_file.save(module, module.signatures(), tmp_path / "1", overwrite=False)
    served = tf.saved_model.load(str(tmp_path / "1")).signatures
    assert all(keys_of(ask(served, "u0"))[0]) and keys_of(ask(served, "u0", category="tops")) == [[""] * 5]


def test_an_output_that_is_taken_is_refused_unless_told(workdir, exported):
    before = (exported / "saved_model.pb").stat().st_mtime_ns
    with pytest.raises(InputError, match="overwrite"):
        export(ExportConfig(str(workdir), str(exported)))
    assert (exported / "saved_model.pb").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="no saved_model"):
        export(ExportConfig(str(workdir), str(workdir), overwrite=True))


@pytest.mark.slow
def test_overwriting_replaces_the_whole(workdir, exported, tmp_path):
    copy = tmp_path / "export" / "1"
    shutil.copytree(exported, copy)
    (copy / "variables/mine.txt").touch()
    with pytest.raises(InputError, match=r"1: holds variables/mine\.txt, which no earlier run wrote; move it away, or"):
        export(ExportConfig(str(workdir), str(copy), overwrite=True))
    assert (copy / "variables/mine.txt").exists()
    (copy / "variables/mine.txt").unlink()
    before = (copy / "saved_model.pb").stat().st_mtime_ns
    export(ExportConfig(str(workdir), str(copy), overwrite=True))
    assert (copy / "saved_model.pb").stat().st_mtime_ns != before
    assert [path.name for path in copy.parent.iterdir()] == ["1"]


def test_one_export_at_a_time_and_what_a_kill_left_goes(tmp_path):
    partial = tmp_path / ".1.partial"
    (partial / "variables").mkdir(parents=True)
    (partial / "variables/half").write_text("cut short")
    with locked(partial, "exporting a SavedModel"), pytest.raises(InputError, match="another process is exporting"):
        export_file.save(tf.Module(), {}, tmp_path / "1")
    export_file.save(tf.Module(), {}, tmp_path / "1")
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    assert (tmp_path / "1/saved_model.pb").is_file() and not list(tmp_path.rglob("half"))


def test_a_failed_save_leaves_the_old_one(exported, tmp_path, monkeypatch):
    copy = tmp_path / "1"
    shutil.copytree(exported, copy)

    def half_written(module, path, signatures):
        Path(path).mkdir(exist_ok=True)
        (Path(path) / "saved_model.pb").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", half_written)
    with pytest.raises(OSError, match="No space"):
        export_file.save(tf.Module(), {}, copy, overwrite=True)
    assert (copy / "saved_model.pb").read_bytes() != b"half" and [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_data_set_that_has_gone_is_named(workdir, tmp_path):
    moved = tmp_path / "run"
    shutil.copytree(workdir, moved)
    config = json.loads((moved / "config.json").read_text())
    config["dataset"] = str(tmp_path / "gone")
    (moved / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="gone"):
        export(ExportConfig(str(moved), str(tmp_path / "1")))
    assert not (tmp_path / "1").exists()
