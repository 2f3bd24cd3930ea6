"""What the studio works out, over HTTP; compiling it takes seconds."""

import concurrent.futures
import json

import numpy as np
import pytest

from gan.search.config import resolve
from gan.search.maximise import Maximiser
from gan.search.queries import design
from tests.support.served import call
from tests.support.studio import ask, image_of, photo_of, running

pytestmark = [pytest.mark.stack, pytest.mark.slow]

WHO = {"users": ["u7"]}


@pytest.fixture(scope="module")
def server(studio):
    with running(studio, warm=True) as server:
        yield server


def test_a_design_is_that_of_the_search(server, studio):
    body = {"who": WHO, "category": "tops", "seed": 5, "eta": 0.5, "steps": 7}
    told = ask(server, "/api/design", body)
    assert [name for name, _ in told] == ["begun", "sketch", "sketch", "sketch", "designed", "done"]
    assert [content["step"] for name, content in told if name == "sketch"] == [0, 5, 7]
    assert told[1][1]["scores"] == [None, None] and image_of(told[1][1]["pictures"][0]).size == (32, 32)
    garments = told[4][1]["garments"]
    ascent = studio.settled(resolve("fast", {"starts": 3, "candidates": 4, "seed": 5, "eta": 0.5, "steps": 7}))
    taste = studio.taste(np.array([[studio.user("u7")]]))
    labels = studio.labels(np.array([studio.gan.category("tops")]))
    [found] = design(Maximiser(studio.networks, ascent), ascent, taste, labels, 2, progress=False)
    expected = found.designs.of(found.chosen)
    np.testing.assert_allclose([one["latent"] for one in garments], expected.latents, atol=2e-3)
    np.testing.assert_allclose([one["score"] for one in garments], expected.best[:, 1], rtol=1e-3)
    for one in garments:
        steps, scores = one["film_steps"], one["film_scores"]
        assert steps[0] == 0 and len(one["film"]) == len(steps) == len(scores) and one["picture"] == one["film"][-1]
        assert scores[-1] == pytest.approx(one["score"], rel=1e-3)
        in_category = studio.item_factors[studio.categories == studio.gan.category("tops")]
        below = in_category @ studio.user_factors[studio.user("u7")] < one["score"]
        assert one["better_than"] == pytest.approx(below.mean())


def test_diversity_draws_other_designs(server):
    def latents(**given):
        body = {"who": WHO, "category": "tops", **given}
        return [one["latent"] for one in dict(ask(server, "/api/design", body))["designed"]["garments"]]

    assert latents(diversity=0) == latents()
    assert latents(diversity=5) == latents(diversity=5)
    drawn = {json.dumps(latents(diversity=5, seed=seed)[0] == latents(seed=seed)[0]) for seed in range(6)}
    assert "false" in drawn  # The first shown is not always the best.


def test_a_tiny_diversity_is_none(server):
    plain, tiny = (
        dict(ask(server, "/api/design", {"who": WHO, "category": "tops", "diversity": diversity}))["designed"]
        for diversity in (0, 1e-300)
    )
    assert plain == tiny


def test_a_guest_gets_designs_too(server, studio):
    styles = [
        ask(server, "/api/style", {"photo": photo_of(colour)})["style"] for colour in ((200, 30, 30), (190, 40, 30))
    ]
    assert len(styles[0]) == 8
    taste = ask(server, "/api/guest", {"styles": styles})["taste"]
    found = ask(server, "/api/wardrobe", {"who": {"taste": taste}, "category": "shoes"})
    assert (found["name"], found["owned"], found["bought"]) == ("the guest", 0, []) and len(found["retrieved"]) == 2
    told = dict(ask(server, "/api/design", {"who": {"taste": taste}, "category": "shoes"}))
    assert len(told["designed"]["garments"]) == 2


def test_several_people_and_groups_share_a_design(server):
    group = call(server, "GET", "/api/about")[1]["groups"][0]["name"]
    for who in ({"users": ["u1", "u2"]}, {"group": group}):
        assert ask(server, "/api/design", {"who": who, "category": "tops"})[-1] == ("done", {})


def test_a_look_at_an_item(server, studio):
    user, item = studio.user("u7"), 11
    told = ask(server, "/api/look", {"who": WHO, "garment": {"item": item}, "category": "tops"})
    assert [name for name, _ in told] == ["begun", "standing", "nearest", "why", "done"]
    told, scores = dict(told), studio.item_factors @ studio.user_factors[user]
    standing = told["standing"]
    assert standing["score"] == pytest.approx(scores[item], rel=1e-4)
    assert standing["percentile"] == pytest.approx((scores < scores[item]).mean())
    assert standing["rank"] == 1 + (np.delete(scores, item) >= scores[item]).sum() and standing["items"] == 90
    # Every place is taken once, though a product of matrices is rounded otherwise than one of vectors.
    looks = [
        dict(ask(server, "/api/look", {"who": WHO, "garment": {"item": one}, "category": "tops"}))["standing"]
        for one in range(0, 90, 6)
    ]
    assert [one["rank"] for one in looks] == [int((scores > scores[n]).sum()) + 1 for n in range(0, 90, 6)]
    near = [one["item"] for one in told["nearest"]["items"]]
    assert item not in near and all(studio.categories[one] == studio.gan.category("tops") for one in near)
    why = told["why"]
    assert image_of(why["picture"]).size == (256, 256)
    assert why["raises"] + why["lowers"] == pytest.approx(why["score"] - why["white_score"] + why["gap"], abs=1e-3)
    assert {one["item"] for one in why["alike"]} <= set(studio.bought(user).tolist())
    assert all(one["score"] > standing["score"] for one in why["preferred"])


def test_a_look_at_a_photo_says_who_likes_it(server, studio):
    told = dict(ask(server, "/api/look", {"who": WHO, "garment": {"photo": photo_of()}}))
    [style] = [np.array(ask(server, "/api/style", {"photo": photo_of()})["style"])]
    scores = studio.user_factors @ studio.item_factors.T
    shares = (scores < (studio.user_factors @ style)[:, None]).mean(1)
    likers = told["likers"]
    assert likers["mean_percentile"] == pytest.approx(shares.mean(), abs=1e-3)
    assert likers["users"][0]["percentile"] == pytest.approx(shares.max(), abs=1e-3)
    assert [one["percentile"] for one in likers["groups"]] == sorted(one["percentile"] for one in likers["groups"])[
        ::-1
    ]
    assert told["standing"]["percentile"] == pytest.approx(shares[studio.user("u7")], abs=1e-3)
    assert "category" not in told["standing"]


def test_a_look_at_a_design_has_the_designs_score(server):
    made = dict(ask(server, "/api/design", {"who": WHO, "category": "tops"}))["designed"]["garments"][0]
    garment = {"latent": made["latent"], "category": "tops"}
    told = dict(ask(server, "/api/look", {"who": WHO, "garment": garment, "category": "tops"}))
    assert told["standing"]["score"] == pytest.approx(made["score"], rel=1e-3)
    assert told["standing"]["in_category"] == pytest.approx(made["better_than"], abs=0.02)


def test_a_tailoring_raises_the_score(server):
    body = {"who": WHO, "category": "tops", "steps": 12, "eta": 0, "garment": {"photo": photo_of((40, 60, 210))}}
    told = ask(server, "/api/tailor", body)
    assert [name for name, _ in told][-2:] == ["tailored", "done"]
    versions = dict(told)["tailored"]["versions"]
    assert versions[0]["step"] == 0 and versions[0]["drift"] == 0 and versions[-1]["step"] == 12
    assert max(one["score"] for one in versions) > versions[0]["score"]
    item = {**body, "garment": {"item": 4}}
    assert ask(server, "/api/tailor", item)[-1] == ("done", {})


def test_two_designs_at_once_get_each_its_own(server):
    bodies = [{"who": {"users": [user]}, "category": "tops"} for user in ("u1", "u2")]
    alone = [dict(ask(server, "/api/design", body))["designed"] for body in bodies]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda body: dict(ask(server, "/api/design", body))["designed"], bodies))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one["garments"][0]["latent"], other["garments"][0]["latent"], atol=1e-5)
