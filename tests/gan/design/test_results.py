"""A query's entry in design.json, by hand: what was bought, what retrieval finds, what was designed."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gan.design import design_pictures
from gan.design.results import Query, design_entry
from gan.search.taste import Taste

TOPS, SHOES = 0, 1
# Of the three tops, items 0 to 2, user a owns item 2; of the two shoes, items 3 and 4, user b owns both.
ITEMS = np.array([[1.0, 0.0], [2.0, 1.0], [4.0, 4.0], [0.0, 3.0], [1.0, 1.0], [9.0, 9.0]], np.float32)
USERS = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
OWN = {0: [2], 1: [3, 4, 5]}


@pytest.fixture
def studio():
    categories = np.array([TOPS, TOPS, TOPS, SHOES, SHOES, -1], np.int32)

    def bought(user, category=None):
        own = np.array(OWN[user])
        return own if category is None else own[categories[own] == category]

    return SimpleNamespace(
        dataset=SimpleNamespace(
            user_keys=np.array(["a", "b"]),
            item_keys=np.array([f"i{item}" for item in range(6)]),
            encoded_photos=lambda numbers: [Image.new("RGB", (4, 4)) for _ in numbers],
        ),
        gan=SimpleNamespace(category_names=("tops", "shoes")),
        user_factors=USERS,
        item_factors=ITEMS,
        categories=categories,
        bought=bought,
        scores=lambda user, items: ITEMS[items] @ USERS[user],
    )


def part_of(*best):
    rows = [*best, (np.nan,) * 3]  # The last place is of no design.
    return {"best": np.array(rows, np.float32), "best_step": np.array([7.0] * len(best) + [np.nan]), "dropped": 2}


def entry_of(studio, members, category, *best, group=None, k=2, styles=()):
    taste = Taste.of(USERS, ITEMS, [members], group=group or "mean")
    query = Query(tuple(members), group, category)
    files = [f"{number}.png" for number in range(len(best))]
    return design_entry(studio, query, taste, part_of(*best), np.array(styles), files, k)


def test_one_user(studio):
    entry = entry_of(studio, [0], TOPS, (3.0, 3.5, 0.5), (2.0, 2.0, 1.0))
    assert entry == {
        "users": ["a"],
        "group": None,
        "weights": [],
        "category": "tops",
        "bought": [{"item": "i2", "category": "tops", "score": 4.0}],
        # The best, i2, is a's own.
        "retrieved": [{"item": "i1", "score": 2.0}, {"item": "i0", "score": 1.0}],
        "designed": [
            # Of 1, 2 and 4 two lie below 3.5, and one below 2.
            {"file": "0.png", "score": 3.5, "objective": 3.0, "realness": 0.5, "best_step": 7, "better_than": 2 / 3},
            {"file": "1.png", "score": 2.0, "objective": 2.0, "realness": 1.0, "best_step": 7, "better_than": 1 / 3},
        ],
        "dropped_starts": 2,
    }


def test_no_more_is_retrieved_than_asked_for_or_left(studio):
    assert [one["item"] for one in entry_of(studio, [0], TOPS, (0, 0, 0), k=1)["retrieved"]] == ["i1"]
    assert [one["item"] for one in entry_of(studio, [0], TOPS, (0, 0, 0), k=9)["retrieved"]] == ["i1", "i0"]
    entry = entry_of(studio, [1], SHOES, (0, 0.5, 0))
    assert entry["retrieved"] == []
    assert entry["designed"][0]["better_than"] == 0.0
    assert design_pictures._retrieved(studio, entry).heading == "nothing left"


def test_who_bought_none_of_the_category_is_shown_other_things(studio):
    entry = entry_of(studio, [1], TOPS, (0, 0, 0))
    assert entry["bought"] == [
        {"item": "i5", "category": "", "score": 9.0},
        {"item": "i3", "category": "shoes", "score": 3.0},
        {"item": "i4", "category": "shoes", "score": 1.0},
    ]
    assert design_pictures._bought(studio, Query((1,), None, TOPS), entry).heading == "bought (none of these)"
    some = entry_of(studio, [1], SHOES, (0, 0, 0))
    assert [one["item"] for one in some["bought"]] == ["i3", "i4"]
    assert design_pictures._bought(studio, Query((1,), None, SHOES), some).heading == "bought"


def test_a_category_without_items_has_nothing_to_be_better_than(studio):
    studio.categories = np.where(studio.categories == SHOES, -1, studio.categories)
    entry = entry_of(studio, [0], SHOES, (0, 0, 0))
    assert entry["retrieved"] == [] and entry["designed"][0]["better_than"] is None
    design_pictures._designed(entry, [Image.new("RGB", (4, 4))])


def test_a_group(studio):
    entry = entry_of(studio, [0, 1], TOPS, (2.0, 2.5, 0.5), group="mean", styles=[[4.0, 1.0]])
    # Means of (1, 0), (2, 1) and (4, 4): .5, 1.5 and 4.
    assert entry["designed"][0]["better_than"] == 2 / 3
    assert entry["designed"][0]["scores"] == [4.0, 1.0]
    assert entry["retrieved"] == [
        {"item": "i1", "score": 1.5, "scores": [2.0, 1.0]},
        {"item": "i0", "score": 0.5, "scores": [1.0, 0.0]},
    ]
    assert [(one["user"], one["item"]) for one in entry["bought"]] == [
        ("a", "i2"),
        ("b", "i5"),
        ("b", "i3"),
        ("b", "i4"),
    ]
    row = design_pictures._bought(studio, Query((0, 1), "mean", TOPS), entry)
    # Each member's first, then the highest of the others.
    assert row.captions == ["4.00\na", "9.00\nb\n(no category)", "3.00\nb\n(shoes)", "1.00\nb\n(shoes)"]


def test_the_least_content_decides(studio):
    entry = entry_of(studio, [0, 1], TOPS, (0, 0, 0), group="minimum", styles=[[4.0, 1.0]])
    scores = USERS @ ITEMS.T
    standard = ((scores - scores.mean(1, keepdims=True)) / scores.std(1, keepdims=True)).min(0)
    assert [one["item"] for one in entry["retrieved"]] == ["i1", "i0"]
    np.testing.assert_allclose([one["score"] for one in entry["retrieved"]], standard[[1, 0]], rtol=1e-5)
    assert entry["designed"][0]["better_than"] == np.mean(standard[:3] < 0)


def test_shares_are_rounded_down():
    assert design_pictures._share(0.99999) == "beats 99.9 %"
    assert design_pictures._share(1.0) == "beats 100 %"
    assert design_pictures._share(0.123456) == "beats 12.3 %"
    assert design_pictures._share(None) == ""
