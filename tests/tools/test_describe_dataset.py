import numpy as np
import pytest
from PIL import Image

from tests.support.shop import write_shop
from tests.support.tool import call
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.summary import Category, sample_items, summarise
from tools.describe_dataset import cli

PURCHASES = {f"u{user}": [*range(4), 4 + user] for user in range(8)}


@pytest.fixture
def dataset(tmp_path):
    shop = write_shop(tmp_path / "shop", items=14, purchases=PURCHASES)
    return build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "data"), progress=False)


def run(capsys, *arguments):
    return call(capsys, cli, *arguments)


def test_summary(dataset):
    summary = summarise(dataset)
    counts = np.zeros(14, int)
    for user in range(8):
        counts[dataset.train_of(user)] += 1
    assert summary.per_user == (5,) * 7
    assert summary.per_item == tuple(np.quantile(counts, (0, 0.25, 0.5, 0.75, 0.9, 0.99, 1)))
    assert summary.never_bought == (counts == 0).sum() >= 2
    assert summary.cold_items == (counts < 5).sum()
    assert summary.top_share == pytest.approx(counts.max() / counts.sum())
    assert summary.held_out == (8, 8)
    assert summary.cold_users == ((counts[dataset.validation] < 5).sum(), (counts[dataset.test] < 5).sum())
    assert summary.categories == (
        Category("c0", 5, counts[0::3].sum()),
        Category("c1", 5, counts[1::3].sum()),
        Category("c2", 4, counts[2::3].sum()),
    )
    assert summary.photo_sizes == (((30, 40), 14),)


def test_items_without_a_category_are_counted_apart(dataset):
    dataset.item_categories[[0, 3]] = -1
    assert [(row.name, row.items) for row in summarise(dataset).categories] == [
        ("c0", 3),
        ("c1", 5),
        ("c2", 4),
        ("(none)", 2),
    ]
    assert sample_items(dataset, 5)[-1] == ("(none)", [0, 3])


def test_samples_are_of_their_category_and_seeded(dataset):
    rows = sample_items(dataset, 3)
    assert [name for name, _ in rows] == ["c0", "c1", "c2"]
    for category, (_, items) in enumerate(rows):
        assert len(items) == 3
        assert {item % 3 for item in items} == {category}
    assert rows == sample_items(dataset, 3)
    assert rows != sample_items(dataset, 3, seed=1)


def test_tool(capsys, dataset):
    status, out, _ = run(capsys, f"--dataset={dataset.path}", "--verify", "--photos=4")
    assert status == 0
    lines = out.splitlines()
    assert lines[2].split() == ["shop", "8", "14", "40", "3"]
    assert "user, all splits      5    5       5    5    5    5     5" in lines
    assert "never bought in training" in out
    assert "24 train, 8 validation, 8 test, seed 0" in out
    assert "photos: 40x30 (14); readers stretch them to a square, filter bicubic" in out
    assert "every shard has its checksum" in out and "activations" not in out
    with Image.open(dataset.path / "photos.png") as picture:
        assert picture.width > 4 * 100


def test_room_that_activations_take(capsys, dataset):
    (dataset.path / "activations").mkdir()
    for name in ("a.npy", ".b.npy.partial"):
        (dataset.path / "activations" / name).write_bytes(bytes(1_000_000))
    out = run(capsys, f"--dataset={dataset.path}")[1]
    assert f"activations of frozen backbones: 2.00MB in {dataset.path}/activations; " in out


def test_picture_elsewhere(capsys, dataset, tmp_path):
    status, out, _ = run(capsys, f"--dataset={dataset.path}", f"--picture={tmp_path}/deep/down/sheet.jpg")
    assert status == 0
    assert "sheet.jpg" in out
    assert Image.open(tmp_path / "deep/down/sheet.jpg").format == "JPEG"
    assert not (dataset.path / "photos.png").exists()
    status, _, err = run(capsys, f"--dataset={dataset.path}", f"--picture={tmp_path}/sheet.docx")
    assert status == 1
    assert "must end in" in err


def test_a_picture_does_not_change_the_data_set(capsys, dataset):
    before = dataset.fingerprint
    run(capsys, f"--dataset={dataset.path}")
    assert type(dataset).open(dataset.path).fingerprint == before


def test_no_data_set(capsys, tmp_path):
    status, _, err = run(capsys, f"--dataset={tmp_path}/nowhere")
    assert status == 1
    assert (
        err == f"error: {tmp_path}/nowhere: no data set here (dataset.json is missing); tools.build_dataset makes one\n"
    )


def test_a_flipped_shard(capsys, dataset):
    shard = sorted(dataset.path.glob("items.tfrecord-*"))[2]
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    for flags in ([], ["--verify"]):
        status, _, err = run(capsys, f"--dataset={dataset.path}", *flags)
        assert status == 1
        assert f"{shard}: " in err
        assert "damaged at byte 0" in err
        assert err.count("\n") == 1
    assert not (dataset.path / "photos.png").exists()
