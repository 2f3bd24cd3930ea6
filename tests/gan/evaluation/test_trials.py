"""The trials of Table IV: who is asked for what, and what each of the four sources answers."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from gan.evaluation.trials import REAL, RETRIEVED, catalogue_answers, draw_trials, generated_answers, photos_of
from gan.search.config import resolve
from gan.search.maximise import Maximiser
from tests.support.small_evaluation import SEARCH, K
from tfrecords.errors import InputError


def test_a_trial_is_a_user_and_the_category_of_the_test_item(studio, planted):
    trials = draw_trials(studio, 200, K, seed=3)
    held_out = planted.test[trials.users]
    assert (held_out >= 0).all() and len(set(trials.users)) > 30
    np.testing.assert_array_equal(trials.categories, planted.item_categories[held_out])
    assert set(trials.categories) == {0, 1}


def test_the_first_trials_of_more_are_the_trials_of_fewer(studio):
    few, many = draw_trials(studio, 7, K, seed=3), draw_trials(studio, 40, K, seed=3)
    np.testing.assert_array_equal(many.users[:7], few.users)
    np.testing.assert_array_equal(many.categories[:7], few.categories)
    assert (draw_trials(studio, 40, K, seed=4).users != many.users).any()
    answers = [catalogue_answers(studio, trials, K, seed=3, owned=True) for trials in (few, many)]
    for source in (REAL, RETRIEVED):
        np.testing.assert_array_equal(answers[1][source]["items"][:7], answers[0][source]["items"])


def test_users_without_a_test_item_of_a_drawn_category_are_passed_over(studio, planted):
    def drawn(present, test):
        gan = SimpleNamespace(category_names=studio.gan.category_names, present=present)
        held = np.concatenate([[0], np.cumsum(test >= 0)]), test[test >= 0]
        dataset = SimpleNamespace(held_out=lambda split: held, path="data")
        return draw_trials(SimpleNamespace(dataset=dataset, gan=gan, categories=studio.categories), 50, K, seed=0)

    test = planted.test.copy()
    test[::2] = -1
    trials = drawn(("tops",), test)
    assert (trials.users % 2 == 1).all() and set(trials.categories) == {planted.category_names.index("tops")}
    with pytest.raises(InputError, match="data: no user has a test item"):
        drawn(("tops", "shoes"), np.full_like(test, -1))


def test_of_several_held_out_items_each_is_drawn_as_often(studio, planted):
    names = list(planted.category_names)
    first = {name: int(np.flatnonzero(planted.item_categories == names.index(name))[0]) for name in names}
    # User 0 holds out one item of each of two categories, user 1 nothing, user 2 one item.
    held = np.array([0, 2, 2, 3]), np.array([first[names[0]], first[names[1]], first[names[0]]])
    gan = SimpleNamespace(category_names=names, present=tuple(names))
    dataset = SimpleNamespace(held_out=lambda split: held, path="data")
    trials = draw_trials(SimpleNamespace(dataset=dataset, gan=gan, categories=planted.item_categories), 4000, 1, seed=0)
    assert set(trials.users) == {0, 2} and abs((trials.users == 0).mean() - 0.5) < 0.04
    assert abs((trials.categories[trials.users == 0] == 1).mean() - 0.5) < 0.06
    assert (trials.categories[trials.users == 2] == 0).all()


@pytest.mark.parametrize("owned", [True, False])
def test_what_is_retrieved_is_equation_8_literally(studio, planted, owned):
    trials = draw_trials(studio, 30, 3, seed=1)
    found = catalogue_answers(studio, trials, 3, seed=1, owned=owned)[RETRIEVED]
    indptr, own = planted.own_items()
    owning = 0
    for row, (user, category) in enumerate(zip(trials.users, trials.categories, strict=True)):
        scores = studio.item_factors.astype(np.float64) @ studio.user_factors[user]
        allowed = planted.item_categories == category
        mine = own[indptr[user] : indptr[user + 1]]
        if not owned:
            allowed[mine] = False
        best = np.argsort(np.where(allowed, -scores, np.inf))[:3]
        np.testing.assert_allclose(found["preference"][row], scores[best], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(scores[found["items"][row]], scores[best], rtol=1e-4, atol=1e-5)
        assert allowed[found["items"][row]].all()
        owning += np.isin(found["items"][row], mine).sum()
    assert (owning > 0) == owned


def test_random_photos_are_of_the_category_and_score_what_their_items_score(studio, planted):
    trials = draw_trials(studio, 30, 3, seed=1)
    found = catalogue_answers(studio, trials, 3, seed=1, owned=True)[REAL]
    assert (planted.item_categories[found["items"]] == trials.categories[:, None]).all()
    assert all(len(set(items)) == 3 for items in found["items"].tolist())
    for row, user in enumerate(trials.users):
        expected = studio.item_factors[found["items"][row]] @ studio.user_factors[user]
        np.testing.assert_allclose(found["preference"][row], expected, rtol=1e-4, atol=1e-5)


def test_too_little_is_left_of_what_a_user_does_not_own(studio):
    trials = draw_trials(studio, 2, K, seed=0)
    everything = SimpleNamespace(
        user_factors=studio.user_factors,
        item_factors=studio.item_factors,
        categories=studio.categories,
        retrieve=lambda users, number, k, owned: (np.full([len(users), k], -1), None),
    )
    with pytest.raises(InputError, match="fewer than k items are left: retrieve_owned"):
        catalogue_answers(everything, trials, K, seed=0, owned=False)


def test_photos_come_in_the_order_asked_for(studio, planted):
    photos = photos_of(studio, np.array([7, 2, 7]))
    assert photos.shape == (3, 32, 32, 3)
    for photo, item in zip(photos, (7, 2, 7), strict=True):
        expected = tf.io.decode_jpeg(planted.encoded_photos([item])[0], dct_method="INTEGER_ACCURATE")
        np.testing.assert_array_equal(photo, expected)


def test_a_trials_answer_is_its_own_and_has_the_figures_of_its_latents(studio):
    ascent = studio.settled(resolve("fast", {"choice": "softmax", **SEARCH}))
    maximiser, trials = Maximiser(studio.networks, ascent), draw_trials(studio, 3, K, seed=0)
    whole = generated_answers(studio, maximiser, ascent, trials, np.arange(3), K)
    last = generated_answers(studio, maximiser, ascent, trials.of(slice(2, 3)), np.array([2]), K)
    for name in ("random", "random_figures", "designed", "designed_figures"):
        np.testing.assert_allclose(whole[name][2:], last[name], rtol=1e-3, atol=1e-4)
    for source in ("random", "designed"):
        for row in range(3):
            labels = studio.labels(np.full(K, trials.categories[row]))
            images = studio.gan.generator(whole[source][row], labels)
            scores = studio.embedder.style_vectors(images).numpy() @ studio.user_factors[trials.users[row]]
            realness = studio.gan.discriminator(images, labels).numpy()
            figures = np.stack([scores, realness], 1)
            np.testing.assert_allclose(whole[f"{source}_figures"][row], figures, rtol=1e-3, atol=1e-4)
