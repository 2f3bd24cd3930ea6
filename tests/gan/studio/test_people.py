import numpy as np
import pytest

from gan.studio.people import People
from tf_dvbpr.recommender.guest import guest_taste
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def people(studio):
    return People(studio, 3, 1.0)


def test_one_user(studio, people):
    person = people.users(["u7"])
    number = studio.user("u7")
    assert person.name == "u7" and person.members.tolist() == [number]
    np.testing.assert_array_equal(person.taste, studio.user_factors[number])
    np.testing.assert_array_equal(person.owned, studio.bought(number))
    np.testing.assert_allclose(person.scores(studio.item_factors), studio.item_factors @ studio.user_factors[number])
    first = studio.item_factors[:1]
    np.testing.assert_allclose(person.query.score(first), person.scores(first), rtol=1e-5)


def test_several_users_have_their_mean_score(studio, people):
    person = people.users(["u1", "u2", "u1", "u3", "u4"])
    assert person.name == "4 people: u1, u2, u3, …"
    each = [studio.item_factors @ studio.user_factors[studio.user(f"u{n}")] for n in (1, 2, 3, 4)]
    np.testing.assert_allclose(person.scores(studio.item_factors), np.mean(each, 0), atol=1e-6)
    owned = set().union(*(studio.bought(studio.user(f"u{n}")).tolist() for n in (1, 2, 3, 4)))
    assert person.owned.tolist() == sorted(owned)


def test_a_group(studio, people):
    assert sum(len(group.members) for group in people.groups) == studio.dataset.num_users
    first = people.groups[0]
    person = people.group(first.name)
    assert person.name == f"{first.name}, {len(first.members)} people"
    np.testing.assert_allclose(person.taste, studio.user_factors[first.members].mean(0), rtol=1e-5)


def test_a_guest(studio, people):
    styles = studio.item_factors[:3].astype(float).tolist()
    taste = people.taste_for(styles)
    expected = guest_taste(studio.item_factors[:3], studio.item_factors, studio.user_factors, ridge=1.0)
    np.testing.assert_allclose(taste, expected, rtol=1e-4)
    person = people.guest(taste.tolist())
    np.testing.assert_array_equal(person.taste, taste)
    assert len(person.members) == len(person.owned) == 0


def test_ids_are_found_by_their_beginning(people):
    assert people.beginning_with("u1", 4) == ["u1", "u10", "u11", "u12"]
    assert people.beginning_with("u59", 4) == ["u59"] and people.beginning_with("nobody", 4) == []
    assert people.beginning_with("", 2) == ["u0", "u1"]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda people: people.users(["u1", "u111"]), "user=u111: no such user"),
        (lambda people: people.users([]), "0 users: expected from 1 to 100"),
        (lambda people: people.users([f"u{n}" for n in range(101)]), "101 users: expected from 1 to 100"),
        (lambda people: people.group("cluster 9"), "no such group: 'cluster 9'; there are cluster 1, "),
        (lambda people: people.guest([1.0]), "a guest's taste: 8 finite numbers expected"),
        (lambda people: people.guest([1e9] * 8), "a guest's taste: 8 finite numbers expected"),
        (lambda people: people.taste_for([[1.0] * 7]), "style vectors of 8 numbers expected"),
        (lambda people: people.taste_for([[1e9] * 8]), "a style vector is not finite"),
    ],
)
def test_what_does_not_exist_is_told(people, ask, said):
    with pytest.raises(InputError) as refused:
        ask(people)
    assert str(refused.value).startswith(said)
