import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.sources.wardrobe import tastes as wardrobe_tastes
from tfrecords.sources.wardrobe.drawing import Garment, draw_garment, oklch
from tfrecords.sources.wardrobe.source import WardrobeSource
from tfrecords.sources.wardrobe.tastes import CATEGORIES, NECKLINES, PATTERNS

USERS, ITEMS = 60, 120


def build(path, **options):
    given = {"users": USERS, "items": ITEMS, "image_size": 48, **options}
    return build_dataset(BuildConfig(source="wardrobe", output=path, **given), progress=False)


@pytest.fixture(scope="module")
def wardrobe(make_folder):
    return build(make_folder("wardrobe") / "data")


def test_the_folder(wardrobe):
    assert (wardrobe.num_users, wardrobe.num_items) == (USERS, ITEMS)
    assert wardrobe.category_names == CATEGORIES
    assert wardrobe.photo_sizes.tolist() == [[48, 48]] * ITEMS
    assert (wardrobe.validation >= 0).all()
    assert (wardrobe.test >= 0).all()
    assert wardrobe.item_features.shape == (ITEMS, 13)
    assert len(set(wardrobe.encoded_photos(range(ITEMS)))) == ITEMS


def test_seeded(wardrobe, tmp_path):
    assert build(tmp_path / "same").fingerprint == wardrobe.fingerprint
    assert build(tmp_path / "other", seed=1).fingerprint != wardrobe.fingerprint


def test_the_stated_auc_is_the_oracles(wardrobe):
    with np.load(wardrobe.path / "oracle.npz", allow_pickle=False) as oracle:
        scores = oracle["user_factors"] @ oracle["item_factors"].T
        assert oracle["user_keys"].tolist() == wardrobe.user_keys.tolist()
        assert oracle["item_keys"].tolist() == wardrobe.item_keys.tolist()
        assert int(oracle["step"]) == 0
        np.testing.assert_array_equal(oracle["item_factors"], wardrobe.item_features)
    indptr, items = wardrobe.own_items()
    counts = np.tile(wardrobe.item_counts, (USERS, 1))
    for name, table in (("oracle_test", scores), ("poprank_test", counts)):
        shares = []
        for user in range(USERS):
            own = set(items[indptr[user] : indptr[user + 1]].tolist())
            others = [item for item in range(ITEMS) if item not in own]
            shares.append(np.mean([table[user, wardrobe.test[user]] > table[user, item] for item in others]))
        assert wardrobe.meta["auc"][name] == pytest.approx(np.mean(shares), abs=1e-6)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_size_keeps_its_promises(seed):
    source = WardrobeSource(seed=seed)
    users = source.users()
    purchases = [len(user.train) + 2 for user in users]
    auc = source.facts()["auc"]
    assert len(users) >= 2000
    assert source.expected_items >= 3000
    assert np.median(purchases) == 8
    assert min(purchases) == 5
    assert 0.85 < auc["oracle_test"] < 0.95
    assert auc["poprank_test"] < 0.65


def test_popularity_has_a_long_tail():
    users = WardrobeSource().users()
    counts = np.sort(np.bincount(np.concatenate([user.train for user in users]), minlength=3600))
    assert (counts < 5).mean() > 0.2
    assert counts[-360:].sum() > 0.25 * counts.sum()


def test_purchases_follow_the_tastes():
    rng = np.random.default_rng(0)
    features = wardrobe_tastes.draw_garments(rng, 1000).features()
    tastes = wardrobe_tastes.draw_tastes(rng, 200)
    bought = wardrobe_tastes.draw_purchases(rng, tastes, features)
    assert all(len(items) == len(set(items.tolist())) >= 5 for items in bought)
    scores = tastes @ features.T
    liked = np.mean([scores[user, items].mean() > scores[user].mean() for user, items in enumerate(bought)])
    assert liked > 0.98


def test_what_garments_show_is_a_table(wardrobe):
    truth = {row["key"]: row for row in json.loads((wardrobe.path / "wardrobe.json").read_text())["items"]}
    with (wardrobe.path / "attributes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item_id"] for row in rows] == wardrobe.item_keys.tolist()
    for row in rows:
        own = truth[row["item_id"]]
        assert (row["colour"], row["pattern"], float(row["length"])) == (own["colour"], own["pattern"], own["length"])
        assert row["neckline"] == (own["neckline"] if own["category"].endswith("_tops") else "")


def test_the_truth_in_words(wardrobe):
    truth = json.loads((wardrobe.path / "wardrobe.json").read_text())
    assert [row["key"] for row in truth["users"]] == wardrobe.user_keys.tolist()
    assert [row["key"] for row in truth["items"]] == wardrobe.item_keys.tolist()
    for item, row in enumerate(truth["items"]):
        features = dict(zip(wardrobe.meta["feature_names"], wardrobe.item_features[item].tolist(), strict=True))
        assert features[row["category"]] == features[row["pattern"]] == 1
        assert row["category"] == CATEGORIES[wardrobe.item_categories[item]]
        assert features["hue_cos"] == pytest.approx(np.cos(np.deg2rad(row["hue"])), abs=1e-2)
        assert features["length"] == pytest.approx(2 * row["length"] - 1, abs=1e-2)
    taste = np.zeros(13, np.float32)
    taste[[2, 7, 8, 11]] = [1, 3, -2, 2]  # men's tops, a hue of 90 degrees, short, dots
    described = wardrobe_tastes.describe_taste(taste)
    assert described["categories"][0] == "men_tops"
    assert (described["colour"], described["hue"], described["length"], described["pattern"]) == (
        "orange",
        90.0,
        -1,
        "dots",
    )


def draw(size=64, seed=0, **attributes):
    garment = {"category": "women_tops", "hue": 30.0, "length": 0.5, "pattern": "plain", "neckline": "round"}
    return np.asarray(draw_garment(Garment(**{**garment, **attributes}), size, np.random.default_rng(seed)))


def covered(pixels):
    """Share of the square that is garment, not paper."""
    return float((pixels.min(axis=-1) < 225).mean())


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("length", [0.0, 1.0])
def test_every_category_lies_within_its_square_on_white(category, length):
    for seed, pattern in enumerate(PATTERNS):
        pixels = draw(category=category, length=length, pattern=pattern, seed=seed)
        assert pixels.shape == (64, 64, 3)
        assert 0.08 < covered(pixels) < 0.7
        border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert (border > 225).mean() > 0.97


@pytest.mark.parametrize("category", CATEGORIES)
def test_longer_garments_cover_more(category):
    areas = [covered(draw(category=category, length=length)) for length in (0.0, 0.5, 1.0)]
    assert areas[0] < areas[1] < areas[2]


def test_every_attribute_shows():
    drawings = [draw(neckline=neckline) for neckline in NECKLINES]
    drawings += [draw(pattern=pattern) for pattern in PATTERNS[1:]]
    drawings += [draw(hue=210.0), draw(length=0.9), draw(category="men_tops")]
    for one in range(len(drawings)):
        for other in range(one):
            assert np.abs(drawings[one].astype(int) - drawings[other].astype(int)).mean() > 0.2


@pytest.mark.parametrize(("hue", "brightest"), [(30, 0), (145, 1), (265, 2)])
def test_the_hue_is_the_one_asked_for(hue, brightest):
    pixels = draw(hue=float(hue)).astype(int)
    colour = pixels[pixels.min(axis=-1) < 200].mean(axis=0)
    assert np.argmax(colour) == brightest


def test_oklch():
    assert oklch(1.0, 0.0, 0.0) == (255, 255, 255)
    assert oklch(0.0, 0.0, 0.0) == (0, 0, 0)
    # sRGB red is L 0.628, C 0.2577, h 29.23 in OKLCH
    assert np.abs(np.subtract(oklch(0.628, 0.2577, 29.23), (255, 0, 0))).max() <= 2


def test_drawings_decode(wardrobe):
    image = Image.open(io.BytesIO(wardrobe.encoded_photos([0])[0]))
    assert (image.format, image.size, image.mode) == ("JPEG", (48, 48), "RGB")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("items", "items=99"),
        ("items", "items=1000000000"),
        ("users", "users=0"),
        ("users", "users=10000001"),
        ("image_size", "image_size=31"),
        ("image_size", "image_size=1000000"),
    ],
)
def test_too_small_or_too_large(tmp_path, option, message):
    with pytest.raises(InputError, match=f"{message}: the wardrobe takes from"):
        build(tmp_path / "small", **{option: int(message.split("=")[1])})


def test_reads_like_any_other(wardrobe):
    again = Dataset.open(wardrobe.path)
    assert [item for item, _ in again.photos().as_numpy_iterator()] == list(range(ITEMS))
