import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.support.shop import noise, told_in_one_line, write_shop
from tests.support.tool import call, fails, names
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.photo_scoring import score as photo_scoring
from tf_dvbpr.photo_scoring.config import ScorePhotosConfig
from tf_dvbpr.photo_scoring.embed import embed_photos, files_of
from tf_dvbpr.photo_scoring.score import score_photos
from tf_dvbpr.workdir import Workdir
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.photo_store.table import load_photo_table
from tools import score_photos as tool

pytestmark = pytest.mark.stack

ITEMS = [3, 4, 10, 11, 50]


@pytest.fixture(scope="module")
def workdir(small_recommender):
    return small_recommender


@pytest.fixture
def photos(planted, tmp_path):
    """Some of the data set's own photos, by item number."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for item, photo in zip(ITEMS, planted.encoded_photos(ITEMS), strict=True):
        (folder / f"{item}.jpg").write_bytes(photo)
    return folder


@pytest.fixture
def run(capsys):
    return lambda *arguments: call(capsys, tool.cli, *arguments)


def score(workdir, photos, **given):
    return score_photos(ScorePhotosConfig(str(workdir), str(photos), **given), progress=False)


class Pixels:
    """Stands where Phi does: a photo's vector is its pixels."""

    def __init__(self, dataset, size=32):
        self.image_size, self.fit, self.resize_filter = size, dataset.fit, dataset.resize_filter

    def __call__(self, photos):
        return photos


def turned(encoded, orientation):
    """A photo stored lying on its side, with the note in its EXIF that says so."""
    image = Image.open(io.BytesIO(encoded)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(("image_size", "fit"), [(0, "stretch"), (16, "pad")])
def test_a_photo_is_treated_as_build_dataset_would(tmp_path, image_size, fit):
    shop = write_shop(tmp_path / "shop")
    (shop / "images/3.jpg").write_bytes(turned(noise(3), 6))
    (shop / "images/4.jpg").write_bytes(noise(4, form="PNG"))
    config = BuildConfig(source="csv", input=shop, output=tmp_path / "data", image_size=image_size, fit=fit)
    dataset = build_dataset(config, progress=False)
    embedded = embed_photos(files_of(shop / "images"), Pixels(dataset), dataset, progress=False)
    table = load_photo_table(dataset, 32, progress=False)
    order = [int(path.stem) for path in embedded.paths]
    assert sorted(order) == list(range(12)) and embedded.bad == {}
    np.testing.assert_array_equal(embedded.vectors, table[order])


def test_the_wardrobes_own_size_is_no_size_to_encode_at(tmp_path):
    config = BuildConfig(source="wardrobe", output=tmp_path / "data", users=5, items=100, image_size=32)
    dataset = build_dataset(config, progress=False)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/0.png").write_bytes(dataset.encoded_photos([7])[0])
    embedded = embed_photos(files_of(tmp_path / "photos"), Pixels(dataset), dataset, progress=False)
    np.testing.assert_array_equal(embedded.vectors[0], load_photo_table(dataset, 32, progress=False)[7])


def test_a_photo_of_the_catalogue_has_its_items_style_vector(workdir, planted, photos):
    embedder, factors = open_embedder(Workdir.open(workdir)), Workdir.open(workdir).factors()
    embedded = embed_photos(files_of(photos), embedder, planted, progress=False)
    items = [int(path.stem) for path in embedded.paths]
    np.testing.assert_allclose(embedded.vectors, factors.item_factors[items], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("category", [None, "tops"])
def test_the_figures_are_those_of_a_direct_rewrite(workdir, planted, photos, category, monkeypatch):
    # Two photos a pass over the users.
    monkeypatch.setattr(photo_scoring, "_PASS_BYTES", 2 * 4 * 60)
    result = score(workdir, photos, users=4, clusters=3, category=category)
    users, items = (Workdir.open(workdir).factors().user_factors, Workdir.open(workdir).factors().item_factors)
    embedded = embed_photos(files_of(photos), open_embedder(Workdir.open(workdir)), planted, progress=False)
    # Items with even numbers are shoes.
    catalogue = items if category is None else items[1::2]
    assert result.items == len(catalogue) and result.users == 60
    means = []
    for path, vector in zip(embedded.paths, embedded.vectors, strict=True):
        photo = next(photo for photo in result.photos if photo.file == path.name)
        below, standardised = [], []
        for user in users:
            scores, own = [float(user @ item) for item in catalogue], float(user @ vector)
            # Of itself, a photo of the catalogue is above or not by the last bit.
            below.append(sum(one < own for one in scores))
            standardised.append((own - np.mean(scores)) / np.std(scores))
        assert photo.mean_percentile == pytest.approx(np.mean(below) / len(catalogue), abs=1.01 / len(catalogue))
        assert photo.median_rank == pytest.approx(len(catalogue) + 1 - np.median(below), abs=1.01)
        least = sorted(below)[-4]
        keys = planted.user_keys.tolist()
        assert len(photo.users) == 4 and [one.rank for one in photo.users] == sorted(one.rank for one in photo.users)
        for one in photo.users:
            user = keys.index(one.user)
            assert below[user] >= least - 1
            assert one.rank == pytest.approx(len(catalogue) + 1 - below[user], abs=1)
            assert one.percentile == pytest.approx(1 - (one.rank - 1) / len(catalogue))
            assert one.score == pytest.approx(float(users[user] @ vector), rel=1e-4, abs=1e-7)
            assert one.standardised_score == pytest.approx(standardised[user], rel=1e-3, abs=1e-3)
        shares = [group.percentile for group in photo.groups]
        sizes = {group.name: group.users for group in result.groups}
        assert shares == sorted(shares, reverse=True) and sum(sizes.values()) == 60
        # The groups part the users, so their means add up to the mean over all.
        total = sum(group.percentile * sizes[group.group] for group in photo.groups)
        assert total / 60 == pytest.approx(photo.mean_percentile)
        means.append(photo.mean_percentile)
    assert [photo.mean_percentile for photo in result.photos] == sorted(means, reverse=True)


def test_users_of_equal_percentile_are_ordered_by_their_standardised_score(workdir, planted, photos, monkeypatch):
    # Two items score 0 and 2 for every user but on another scale; the photo lies above both for all.
    scale = np.linspace(1, 3, 60, dtype=np.float32)
    users = np.stack([scale, np.linspace(5, 0, 60, dtype=np.float32) * scale], axis=1)
    items = np.array([[0, 0], [2, 0]], np.float32)
    scorer = photo_scoring.PhotoScorer(planted.user_keys, users, items, [], 3)
    [photo] = scorer.score(photo_scoring.EmbeddedPhotos([photos / "3.jpg"], np.array([[3, 1]]), {}), progress=False)
    # (3 s + a s - s) / s = 2 + a, and a falls from user to user, though the first scores' scale is the smallest.
    assert [user.user for user in photo.users] == ["u0", "u1", "u10"] == planted.user_keys[:3].tolist()
    assert [user.standardised_score for user in photo.users] == pytest.approx([7, 7 - 5 / 59, 7 - 10 / 59], rel=1e-5)
    assert (photo.mean_percentile, photo.median_rank, {user.rank for user in photo.users}) == (1, 1, {1})


def test_the_tool_prints_a_table_and_writes_the_folder(run, workdir, photos, tmp_path):
    (photos / "notes.txt").write_text("no photo")
    (photos / ".hidden").write_text("not looked at")
    (photos / "inner").mkdir()
    output = tmp_path / "new" / "scores"
    arguments = (f"--workdir={workdir}", f"--photos={photos}", f"--output={output}", "--clusters=2", "--users=3")
    status, out, _ = run(*arguments)
    assert status == 0
    written = json.loads((output / "scores.json").read_text())
    lines = out.splitlines()
    assert lines[0].startswith("5 photos among 90 items, 60 users")
    for line, photo in zip(lines[4:9], written["photos"], strict=True):
        assert line.split()[:3] == [photo["file"], f"{photo['mean_percentile']:.1%}", f"{photo['median_rank']:g}"]
        assert line.split()[-3:] == [user["user"] for user in photo["users"]]
    assert "left out, 1 of 6 files" in out and "notes.txt: no image of a known format" in out
    assert ".hidden" not in out and "inner" not in out
    assert list(written["bad_files"]) == ["notes.txt"]
    with (output / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [photo["file"] for photo in written["photos"]]
    assert [float(row["mean_percentile"]) for row in rows] == pytest.approx(
        [photo["mean_percentile"] for photo in written["photos"]], abs=1e-6
    )
    assert [row["user_3"] for row in rows] == [photo["users"][2]["user"] for photo in written["photos"]]
    assert {row["best_group"] for row in rows} <= {"cluster 1", "cluster 2"}
    assert names(output) == ["photos.png", "scores.csv", "scores.json"]
    # All photos, and a row for each cluster: the best photo comes first, in its colour.
    pixels = np.asarray(Image.open(output / "photos.png"))
    best = int(written["photos"][0]["file"].removesuffix(".jpg"))
    assert pixels[24 + 18 + 14 + 64, 24 + 64].argmax() == best % 3
    # Again: the earlier result is replaced.
    assert run(*arguments)[0] == 0 and json.loads((output / "scores.json").read_text()) == written
    assert names(tmp_path / "new") == ["scores"]


def test_named_users_are_the_only_ones_asked(run, workdir, photos, planted, tmp_path):
    output = tmp_path / "scores"
    status, out, _ = run(f"--workdir={workdir}", f"--photos={photos}", "--user=u4,u0", f"--output={output}")
    assert status == 0 and "5 photos among 90 items, 2 users" in out and "cluster" not in out
    lines = [line.split() for line in out.splitlines()[4:14]]
    factors = Workdir.open(workdir).factors()
    assert {tuple(line[:2]) for line in lines} == {(f"{item}.jpg", user) for item in ITEMS for user in ("u0", "u4")}
    for file, user, percentile, rank, own in lines:
        scores = factors.item_factors @ factors.user_factors[planted.user_keys.tolist().index(user)]
        item = int(file.removesuffix(".jpg"))
        assert float(own) == pytest.approx(scores[item], rel=1e-3)
        assert int(rank) == pytest.approx(1 + np.sum(scores > scores[item]), abs=1)
        assert percentile == f"{1 - (int(rank) - 1) / 90:.1%}"
    with (output / "scores.csv").open(newline="") as file:
        assert {"u4 percentile", "u4 rank", "u4 score", "u0 rank"} <= set(next(csv.DictReader(file)))


def test_groups_of_a_file(run, workdir, photos, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("group,user\nreds,u0\nreds,u3\nall of one,u1\nreds,stranger\nnobody,stranger\n")
    result = score(workdir, photos, groups=str(groups), users=60)
    assert [(group.name, group.users) for group in result.groups] == [("reds", 2), ("all of one", 1)]
    assert result.unknown_users == ["stranger"]
    for photo in result.photos:
        of = {user.user: user.percentile for user in photo.users}
        mean = {"reds": (of["u0"] + of["u3"]) / 2, "all of one": of["u1"]}
        assert {group.group: group.percentile for group in photo.groups} == pytest.approx(mean)
        assert photo.groups[0].group == max(mean, key=mean.get) or mean["reds"] == mean["all of one"]
    out = run(f"--workdir={workdir}", f"--photos={photos}", f"--groups={groups}", "--users=0")[1]
    assert "1 user not in the data set: stranger" in out and "best users" not in out


@pytest.mark.slow
def test_the_tool_refuses(run, workdir, photos, tmp_path):
    here, groups = (f"--workdir={workdir}", f"--photos={photos}"), tmp_path / "groups.csv"
    empty, texts, other = tmp_path / "empty", tmp_path / "texts", tmp_path / "other"
    for folder in (empty, texts, other):
        folder.mkdir()
    (texts / "a.txt").write_text("a")
    (other / "mine.txt").write_text("mine")
    output = tmp_path / "scores"
    assert "no such folder" in fails(run, here[0], f"--photos={tmp_path}/none", f"--output={output}")
    assert "a file, not a folder" in fails(run, here[0], f"--photos={__file__}", f"--output={output}")
    assert "no files in it" in fails(run, here[0], f"--photos={empty}", f"--output={output}")
    assert "none of its 1 files is a photo" in fails(run, here[0], f"--photos={texts}", f"--output={output}")
    assert "did you mean u59" in fails(run, *here, "--user=u599", f"--output={output}")
    assert "it has shoes, tops" in fails(run, *here, "--category=hats")
    assert "from 0 to 60" in fails(run, *here, "--clusters=61")
    assert "from 0 to 60" in fails(run, *here, "--users=61")
    assert "--users=-1: expected 0 or more" in fails(run, *here, "--users=-1")
    assert "contradict" in fails(run, *here, "--user=u1", "--clusters=3")
    assert "contradict" in fails(run, *here, f"--groups={groups}", "--clusters=3")
    assert "groups.csv (or groups.csv.gz) is missing" in fails(run, *here, f"--groups={groups}")
    assert "ends in .csv" in fails(run, *here, "--groups=groups.xlsx")
    groups.write_text("person,group\nu1,a\n")
    assert "column user is missing" in fails(run, *here, f"--groups={groups}")
    groups.write_text("user,group\nu1,\n")
    assert "line 2: group is empty" in fails(run, *here, f"--groups={groups}")
    groups.write_text("user,group\nstranger,a\n")
    assert "not one of its 1 users" in fails(run, *here, f"--groups={groups}")
    assert "holds other things (no scores.json)" in fails(run, *here, f"--output={other}")
    assert not output.exists() and names(other) == ["mine.txt"]


def test_a_model_without_phi_is_refused(workdir, photos, tmp_path):
    copy = tmp_path / "run"
    copy.mkdir()
    shutil.copy(workdir / "factors.npz", copy)
    config = json.loads((workdir / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"model": "bpr_mf"}))
    with told_in_one_line("does not look at photos; only DVBPR does"):
        score(copy, photos)
