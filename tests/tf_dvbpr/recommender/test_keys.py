"""Keys in a flag's text, with commas between them and within them."""

import types

import numpy as np
import pytest

from tf_dvbpr.recommender.keys import split_keys, split_names
from tfrecords.errors import InputError

SHOP = types.SimpleNamespace(user_keys=np.array(["u1", "u2", "smith, john", "a,b,c", "a", "Jürgen"]))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("u1,u2,u1", ["u1", "u2"]),
        ("smith, john", ["smith, john"]),
        ("u2,smith, john,Jürgen", ["u2", "smith, john", "Jürgen"]),
        ("a,b,c,a,u1", ["a,b,c", "a", "u1"]),
        ("a,b,nobody", ["a", "b", "nobody"]),
    ],
)
def test_commas_within_keys_and_between_them(text, keys):
    assert split_keys(text, SHOP) == keys


@pytest.mark.parametrize("text", ["u1,", ",u1", "u1,,u2", ","])
def test_an_empty_key_among_several_is_refused(text):
    with pytest.raises(InputError, match=f"user={text}: an empty key in the list; keys with one comma between"):
        split_keys(text, SHOP)


def test_a_user_whose_key_is_empty_may_be_asked_for():
    assert split_keys("u1,", types.SimpleNamespace(user_keys=np.array(["u1", ""]))) == ["u1", ""]


@pytest.mark.parametrize(
    ("text", "names"),
    [("tops", ["tops"]), ("tops, men", ["tops, men"]), ("hats,tops, men,tops", ["hats", "tops, men", "tops"])],
)
def test_names_of_categories_may_hold_commas(text, names):
    assert split_names(text, ("tops", "tops, men", "hats")) == names
