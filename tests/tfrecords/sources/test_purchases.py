"""Purchases against a plain rewrite, added one by one and in blocks."""

import datetime

import numpy as np
import pytest

from tests.support.shop import told_in_one_line
from tfrecords.sources import sorted_pairs
from tfrecords.sources.purchases import Purchases
from tfrecords.split import SplitChoice, hold_out, last_two

DAY = 86400


def draw(rows=900, users=40, items=25, seed=0):
    """Draws rows (user, item, time) with many repetitions and equal times; keys sort otherwise than numbers."""
    random = np.random.default_rng(seed)
    picks = zip(random.integers(users, size=rows), random.integers(items, size=rows), strict=True)
    return [(f"u{user}", f"i{item}", int(random.integers(60)) * DAY) for user, item in picks]


def plain_split(rows, ids, choice, least=5, seed=0, bad=()):
    """Returns {user: ([(id, time)], ...)} by dicts."""
    first = {}
    for user, item, time in rows:
        mine = first.setdefault(user, {})
        mine[item] = min(time, mine.get(item, time))
    found = {}
    for user in sorted(first):
        mine = {item: first[user][item] for item in sorted(first[user]) if item not in bad}
        if len(mine) < least:
            continue
        keys, times = list(mine), list(mine.values())
        if choice.kind == "date":
            cut = (choice.date - datetime.date(1970, 1, 1)).days + 1
            last = max(time for other in first.values() for time in other.values()) // DAY
            start = cut - (last - cut + 1)
            parts = [(time >= start * DAY) + (time >= cut * DAY) for time in times]
        else:
            held = last_two(seed, user, keys, times)[:2] if choice.kind == "last" else hold_out(seed, user, keys)
            parts = [1 + held.index(place) if place in held else 0 for place in range(len(keys))]
        found[user] = tuple(
            sorted((ids[key], mine[key]) for key, own in zip(keys, parts, strict=True) if own == part)
            for part in range(3)
        )
    return found


def as_dict(users):
    return {
        user.key: tuple(
            list(zip(items, times, strict=True))
            for items, times in zip((user.train, user.validation, user.test), user.times, strict=True)
        )
        for user in users
    }


def finds(ids):
    return lambda keys: np.array([ids.get(key, -1) for key in keys], np.int32)


def one_by_one(purchases, rows):
    for row in rows:
        purchases.add(*row)


def in_blocks(purchases, rows, size=100):
    for start in range(0, len(rows), size):
        users, items, times = zip(*rows[start : start + size], strict=True)
        user_keys, user_codes = np.unique(users, return_inverse=True)
        item_keys, item_codes = np.unique(items, return_inverse=True)
        purchases.add_block(user_keys.tolist(), user_codes, item_keys.tolist(), item_codes, np.array(times))


@pytest.mark.parametrize("word", [64, 8])
@pytest.mark.parametrize("add", [one_by_one, in_blocks])
@pytest.mark.parametrize("split", ["random", "last", "date=1970-02-20"])
def test_a_plain_rewrite_splits_alike(tmp_path, monkeypatch, split, add, word):
    """With 8 bits a word, user, item and time do not fit into one."""
    monkeypatch.setattr(sorted_pairs, "_WORD", word)
    rows, choice = draw(), SplitChoice.parse(split)
    ids = {f"i{item}": 24 - item for item in range(25)}
    bad = ["i3", "i7"]
    purchases = Purchases(tmp_path, 0, 12, choice)
    add(purchases, rows)
    purchases.check_split()
    users = purchases.users(finds(ids), bad)
    expected = plain_split(rows, ids, choice, 12, bad=bad)
    assert as_dict(users) == expected and 0 < len(expected) < 40
    assert purchases.duplicates == len(rows) - len({row[:2] for row in rows})
    assert purchases.dropped_users == 40 - len(expected)
    kept = sum(len(part) for user in expected.values() for part in user)
    assert purchases.dropped_purchases == len({row[:2] for row in rows if row[1] not in bad}) - kept
    assert users[-1] == list(users)[-1] and users[1:3] == list(users)[1:3]


def test_without_times(tmp_path):
    rows = draw()
    purchases = Purchases(tmp_path, 0, 5)
    in_blocks(purchases, rows[:200])
    purchases.add("u1", "i1")
    in_blocks(purchases, rows[200:])
    ids = {f"i{item}": item for item in range(25)}
    users = purchases.users(finds(ids))
    assert users[0].times is None
    timed = Purchases(tmp_path, 0, 5)
    in_blocks(timed, [*rows, ("u1", "i1", 0)])
    assert [(user.key, user.train, user.validation, user.test) for user in users] == [
        (user.key, user.train, user.validation, user.test) for user in timed.users(finds(ids))
    ]


def test_new_users_and_items(tmp_path):
    rows = [(f"u{user}", f"i{item}", day * DAY) for user in range(3) for item, day in enumerate((0, 5, 9, 11))]
    rows += [("new", f"i{item}", 12 * DAY) for item in range(3, 6)]
    purchases = Purchases(tmp_path, 0, 3, SplitChoice.parse("date=1970-01-11"))
    one_by_one(purchases, rows)
    purchases.users(finds({f"i{item}": item for item in range(6)}))
    facts = purchases.facts()
    assert (facts["new_users"], facts["new_items"]) == (1, 3)


def plain_core(pairs, least):
    """Returns the pairs of the k-core, by taking out one user or item at a time."""
    pairs = set(pairs)
    while True:
        counts = {}
        for pair in pairs:
            for side, key in enumerate(pair):
                counts[side, key] = counts.get((side, key), 0) + 1
        few = next((end for end, count in sorted(counts.items()) if count < least), None)
        if few is None:
            return pairs
        pairs = {pair for pair in pairs if pair[few[0]] != few[1]}


@pytest.mark.parametrize("seed", range(4))
def test_the_core(tmp_path, seed):
    """Here users fall out since their items do."""
    random = np.random.default_rng(seed)
    rows = [
        (f"u{int(60 * random.random() ** 2)}", f"i{int(40 * random.random() ** 3)}", int(random.integers(9)) * DAY)
        for _ in range(330)
    ]
    distinct = {row[:2] for row in rows}
    expected = plain_core(distinct, 4)
    enough = {user for user in {pair[0] for pair in distinct} if sum(pair[0] == user for pair in distinct) >= 4}
    assert {pair[0] for pair in expected} < enough
    purchases = Purchases(tmp_path, 0, 4, core=4)
    one_by_one(purchases, rows)
    bought = purchases.items_of_kept_users()
    assert bought == {item for _, item in expected}
    keys = sorted(bought)
    users = purchases.users(finds({key: number for number, key in enumerate(keys)}))
    found = {
        (user.key, keys[item]) for user in users for part in (user.train, user.validation, user.test) for item in part
    }
    assert found == expected
    assert purchases.facts()["core"] == 4
    assert purchases.outside_core == {
        "users_outside_the_core": len({pair[0] for pair in distinct}) - len({pair[0] for pair in expected}),
        "items_outside_the_core": len({pair[1] for pair in distinct}) - len(bought),
        "interactions_outside_the_core": len(distinct) - len(expected),
    }
    assert purchases.dropped_users == purchases.dropped_purchases == 0


def test_no_core(tmp_path):
    purchases = Purchases(tmp_path, 0, 5, core=5)
    one_by_one(purchases, [(f"u{user}", f"i{item}", 0) for user in range(4) for item in range(9)])
    with told_in_one_line("no user and item are left if each needs 5 purchases of the others; lower minimum_purchases"):
        purchases.items_of_kept_users()
