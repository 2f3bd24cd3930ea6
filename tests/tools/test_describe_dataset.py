import numpy as np
import pytest
from PIL import Image

from tests.support.shop import write_shop
from tests.support.timed_shop import write_timed_shop
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


def test_purchases_over_time_and_what_is_new(tmp_path, capsys):
    rows = [(f"u{user}", item, 3 * item + user) for user in range(4) for item in range(8)]
    rows += [("late", item, 22 + item) for item in range(5)] + [("u0", 9, 22)]
    shop = write_timed_shop(tmp_path / "shop", rows, items=10)
    config = BuildConfig(source="csv", input=shop, output=tmp_path / "data", split="date=2020-01-22")
    build_dataset(config, progress=False)
    _, out, _ = run(capsys, f"--dataset={tmp_path / 'data'}")
    lines = out.splitlines()
    # The last purchase is on January 27: five days of test, five of validation from January 18.
    days = {line[:10]: line.split() for line in lines if line.startswith("2020-01-")}
    assert len(days) == 27 and days["2020-01-01"][1:4] == ["1", "0", "0"]
    assert days["2020-01-17"][1:4] == ["1", "0", "0"] and set(days["2020-01-17"][4]) == {"#"}
    assert days["2020-01-19"][1:4] == ["0", "2", "0"] and set(days["2020-01-19"][4]) == {"v"}
    assert days["2020-01-23"][1:3] == ["0", "0"] and len(days["2020-01-23"][4]) == 40  # the most of all days
    (test,) = [line.split() for line in lines if line.startswith("test, after 2020-01-22")]
    # New are the user "late" with five purchases, and item 9 with one.
    assert test[-4:] == ["1", "5", "1", "1"]


def test_equal_timestamps_are_told(dataset, tmp_path, capsys):
    shop = tmp_path / "shop"
    build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "last", split="last"), progress=False)
    _, out, _ = run(capsys, f"--dataset={tmp_path / 'last'}")
    assert "equal timestamps: for 8 of 8 users the seed drew which" in out
    assert "equal timestamps" not in run(capsys, f"--dataset={dataset.path}")[1]
