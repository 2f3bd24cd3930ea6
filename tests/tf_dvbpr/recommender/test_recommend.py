"""tools.recommend on a catalogue of four items, two of them of a category with a comma in its name."""

import json

import numpy as np
import pytest

from tests.support.shop import noise, told_in_one_line, write_table
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.recommender.config import RecommendConfig
from tf_dvbpr.recommender.recommend import recommend
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A workdir whose only user owns all items but i2."""
    root = tmp_path_factory.mktemp("four")
    for item in range(4):
        (root / f"{item}.png").write_bytes(noise(item, form="PNG"))
    kinds = ["tops", "tops, men", "tops, men", "hats"]
    rows = [[f"i{item}", f"{item}.png", kind] for item, kind in enumerate(kinds)]
    write_table(root / "items.csv", ["item_id", "image", "category"], rows)
    write_table(root / "interactions.csv", ["user_id", "item_id"], [["u", f"i{item}"] for item in (0, 1, 3)])
    build_dataset(BuildConfig(source="csv", input=root, output=root / "dataset", min_actions=3), progress=False)
    dataset = Dataset.open(root / "dataset")
    workdir = root / "run"
    workdir.mkdir()
    config = {"model": "poprank", "dataset": str(dataset.path), "dataset_fingerprint": dataset.fingerprint, "train": {}}
    (workdir / "config.json").write_text(json.dumps(config))
    scores = np.array([[float(key[1:])] for key in dataset.item_keys], np.float32)
    Factors(np.ones((1, 1), np.float32), scores, dataset.user_keys, dataset.item_keys).save(workdir / "factors.npz")
    return str(workdir)


def test_without_k_a_small_catalogue_is_recommended_whole(run):
    assert [one.item for one in recommend(RecommendConfig(run, "u"))["u"]] == ["i2"]
    with told_in_one_line("k=10: from 1 to 4, the number of items, expected"):
        recommend(RecommendConfig(run, "u", k=10))


def test_a_category_with_a_comma_is_written_as_it_is(run):
    assert [one.item for one in recommend(RecommendConfig(run, "u", category="tops, men"))["u"]] == ["i2"]
    assert recommend(RecommendConfig(run, "u", category="tops"))["u"] == []
