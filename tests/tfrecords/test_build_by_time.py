"""Data sets split by time: nothing that trains is later than what it is tested on."""

import hashlib
import json

import numpy as np
import pytest

from tests.support.dumps import PURCHASES, asin, reviews, write_amazon, write_lines
from tests.support.shop import edit_metadata, told_in_one_line, write_shop, write_table
from tests.support.timed_shop import day, draw_rows, first_days, write_timed_shop
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset

# Of the users' shard of `write_shop`, before there were other splits than the random one.
RANDOM_USERS = "c7704255ce028af1595165e4ddf8ac7665de3536e3b4e16f52b644067713c239"
CUT = 69  # 2020-03-10, of rows over 90 days
DATE = "date=2020-03-10"


def build(folder, split=None, source="csv", **options):
    output = folder / f"data-{split}"
    config = BuildConfig(source=source, input=folder / "shop", output=output, split=split, **options)
    return build_dataset(config, progress=False)


def bought(dataset):
    """{user: (training, validation, test) as sets of the numbers of items}, through the reader."""
    numbers = [int(key[1:]) for key in dataset.item_keys]
    parts = [(dataset.train_indptr, dataset.train_items), *map(dataset.held_out, ("validation", "test"))]
    return {
        str(key): tuple({numbers[item] for item in items[indptr[user] : indptr[user + 1]]} for indptr, items in parts)
        for user, key in enumerate(dataset.user_keys)
    }


@pytest.mark.parametrize("split", [None, "random"])
def test_the_random_split_is_byte_for_byte_what_it_was(tmp_path, split):
    write_shop(tmp_path / "shop")
    dataset = build(tmp_path, split)
    shard = (dataset.path / "users.tfrecord-00000-of-00001").read_bytes()
    assert hashlib.sha256(shard).hexdigest() == RANDOM_USERS
    assert dataset.meta["split"].keys() == {"seed", "rule", "min_actions"}
    assert dataset.timestamps["train"].tolist() == [1500000000] * 24
    # Times that cannot be read are no matter to it, and none are kept.
    rows = [[f"u{user}", f"i{(user + step) % 12}", "soon"] for user in range(6) for step in range(6)]
    write_table(tmp_path / "shop/interactions.csv", ["user_id", "item_id", "timestamp"], rows)
    again = build(tmp_path, split, overwrite=True)
    assert again.fingerprint == dataset.fingerprint and again.timestamps is None


def test_last_holds_out_the_latest_and_never_leaks(tmp_path):
    rows = draw_rows()
    write_timed_shop(tmp_path / "shop", rows)
    dataset = build(tmp_path, "last")
    first, tied = first_days(rows), 0
    found = bought(dataset)
    assert found.keys() == first.keys()
    for user, (train, validation, test) in found.items():
        days = first[user]
        assert len(validation) == len(test) == 1 and train | validation | test == days.keys() and len(train) == 7
        (before,), (latest,) = validation, test
        # The leak: a training purchase later than the cut.
        assert max(days[item] for item in train) <= days[before] <= days[latest]
        ordered = sorted(days.values())
        assert (days[before], days[latest]) == (ordered[-2], ordered[-1])
        tied += ordered[-3] == ordered[-2] or ordered[-2] == ordered[-1]
    assert dataset.meta["split"]["kind"] == "last" and dataset.meta["split"]["tied_users"] == tied
    assert dataset.meta["split"]["seed"] == 0 and dataset.meta["dropped"]["duplicate_interactions"] == 36


def test_the_kept_times_are_those_of_the_first_purchases(tmp_path):
    rows = draw_rows()
    write_timed_shop(tmp_path / "shop", rows)
    for split in ("random", "last", DATE):
        dataset, first = build(tmp_path, split), first_days(rows)
        for part, times in dataset.timestamps.items():
            of_train = dataset.train_indptr, dataset.train_items
            indptr, items = of_train if part == "train" else dataset.held_out(part)
            users = np.repeat(dataset.user_keys, np.diff(indptr))
            expected = [
                day(first[user][int(dataset.item_keys[item][1:])]) for user, item in zip(users, items, strict=True)
            ]
            assert times.tolist() == expected


def test_a_date_never_leaks_and_every_purchase_has_its_part(tmp_path):
    rows = draw_rows()
    rows += [("new", item, 80 + item) for item in range(5)]  # nothing before the date
    rows += [("new too", item, CUT - 3 + item) for item in range(5)]  # first in validation
    write_timed_shop(tmp_path / "shop", rows)
    dataset = build(tmp_path, DATE)
    first = first_days(rows)
    last = max(at for days in first.values() for at in days.values())
    start = CUT - (last - CUT) + 1  # as many days as from CUT + 1 to the last
    several = 0
    for user, parts in bought(dataset).items():
        days = first[user]
        expected = (
            {item for item, at in days.items() if at < start},
            {item for item, at in days.items() if start <= at <= CUT},
            {item for item, at in days.items() if at > CUT},
        )
        assert parts == expected
        several += len(parts[2]) > 1
    assert several > 2
    times = dataset.timestamps
    # The leak: a training purchase later than the cut.
    assert times["train"].max() < day(start) <= times["validation"].min()
    assert times["validation"].max() < day(CUT + 1) <= times["test"].min()
    before = {item for days in first.values() for item, at in days.items() if at <= CUT}
    after = {item for days in first.values() for item, at in days.items() if at > CUT}
    facts = dataset.meta["split"]
    assert facts["new_users"] == 1 and facts["new_items"] == len(after - before)
    assert facts["date"] == dataset.split_date == "2020-03-10" and facts["seed"] is None
    assert Dataset.open(dataset.path).fingerprint == dataset.fingerprint != build(tmp_path, "last").fingerprint
    dataset.verify()
    indptr, items = dataset.own_items()
    for user, key in enumerate(dataset.user_keys):
        assert {int(dataset.item_keys[item][1:]) for item in items[indptr[user] : indptr[user + 1]]} == set(first[key])
    with told_in_one_line("split by date, so a user may hold out several items; take held_out"):
        _ = dataset.test


def test_the_same_whatever_the_order_of_rows(tmp_path):
    rows = [(user, item, 5) for user, item, _ in draw_rows(again=0)]  # all at one time
    write_timed_shop(tmp_path / "shop", rows)
    one = build(tmp_path, "last")
    write_timed_shop(tmp_path / "other" / "shop", rows[::-1])
    assert bought(build(tmp_path / "other", "last")) == bought(one)
    assert bought(build(tmp_path / "other", "last", seed=1, overwrite=True)) != bought(one)
    assert one.meta["split"]["tied_users"] == 12


def test_the_reviews_of_amazon_have_times(tmp_path):
    folder = write_amazon(tmp_path / "shop")
    rows = [row | {"unixReviewTime": day(number)} for number, row in enumerate(reviews(PURCHASES))]
    write_lines(folder / "reviews_Clothing.json.gz", rows)
    dataset = build(tmp_path, "last", "amazon", images=folder / "photos", subset="fashion")
    for user, key in enumerate(dataset.user_keys):
        *_, before, latest = PURCHASES[key]
        assert dataset.item_keys[dataset.validation[user]] == asin(before)
        assert dataset.item_keys[dataset.test[user]] == asin(latest)
    write_lines(folder / "reviews_Clothing.json.gz", [row | {"unixReviewTime": None} for row in rows])
    with told_in_one_line("unixReviewTime is no time, which a split by time needs"):
        build(tmp_path, "last", "amazon", images=folder / "photos", subset="fashion", overwrite=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "last"}, "split=last: .*interactions.csv needs a column timestamp"),
        ({"split": "date=2020-01-01"}, "split=date=2020-01-01: .*interactions.csv needs a column timestamp"),
        ({"split": "latest"}, "split=latest: expected random, last or date=YYYY-MM-DD"),
        ({"split": "date=2020-04-31"}, "no day of the calendar"),
        ({"split": "date=2020-01-01", "seed": 3}, "seed has no effect with split=date=2020-01-01, which draws"),
        ({"split": "last", "source": "release"}, "split=last: the authors' file has its own split, which is kept"),
        ({"split": "last", "source": "wardrobe"}, "split has no effect with source=wardrobe"),
        ({"split": "last", "source": "tradesy", "images": "."}, "split=last: .* has no timestamps"),
    ],
)
def test_a_split_that_cannot_be_made_is_named(tmp_path, options, message):
    write_shop(tmp_path / "shop")
    rows = [[f"u{user}", f"i{(user + step) % 12}"] for user in range(6) for step in range(6)]
    write_table(tmp_path / "shop/interactions.csv", ["user_id", "item_id"], rows)
    with told_in_one_line(message):
        given = {} if options.get("source") == "wardrobe" else {"input": tmp_path / "shop"}
        config = BuildConfig(**{"source": "csv", "output": tmp_path / "data", **given, **options})
        build_dataset(config, progress=False)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("split", "when", "message"),
    [
        ("last", "soon", r"interactions.csv, line 2: timestamp 'soon': seconds since 1970, or a day as 2020-03-01"),
        ("last", "1583020800000", r"line 2: timestamp '1583020800000': .*milliseconds"),
        ("date=2031-01-01", "2020-01-01", "no purchase is later, the purchases are from 2020-01-01 to"),
        ("date=2019-01-01", "2020-01-01", "no purchase is left to train on"),
        ("date=2020-04-13", "2000-01-01", r"no purchase from 2020-04-13 to 2020-04-13, the days of validation"),
    ],
)
def test_times_and_dates_that_do_not_fit_are_named(tmp_path, split, when, message):
    rows = [("u", item, item) for item in range(6)] + [("u", 7, 104)]  # the last on 2020-04-14
    write_timed_shop(tmp_path / "shop", [("u", 9, when), *rows])
    with told_in_one_line(message):
        build(tmp_path, split)
    assert not list(tmp_path.glob("data*"))


def test_a_record_or_count_that_a_date_alone_allows_is_refused_without_one(tmp_path):
    write_timed_shop(tmp_path / "shop", draw_rows())
    folder = build(tmp_path, DATE).path
    meta = json.loads((folder / "dataset.json").read_text())
    split = {name: value for name, value in meta["split"].items() if name not in ("date", "kind")}
    edit_metadata(folder, split=split)
    with told_in_one_line(r"counts\.validation is 19, and there are 12 users"):
        _ = Dataset.open(folder).test
    edit_metadata(folder, split=meta["split"] | {"date": "2020-02-30"})
    with told_in_one_line("split is"):
        Dataset.open(folder)
