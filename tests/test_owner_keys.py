"""Keys in a flag's text, with commas between them and within them."""

import types

import numpy as np
import pytest

from tf_dvbpr.owner_keys import split_keys

SHOP = types.SimpleNamespace(user_keys=np.array(["u1", "u2", "smith, john", "a,b,c", "a", "Jürgen"]))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("u1,u2,u1", ["u1", "u2"]),
        ("smith, john", ["smith, john"]),
        ("u2,smith, john,Jürgen", ["u2", "smith, john", "Jürgen"]),
        ("a,b,c,a,u1", ["a,b,c", "a", "u1"]),
        ("a,b,nobody", ["a", "b", "nobody"]),
        ("u1,", ["u1", ""]),
    ],
)
def test_commas_within_keys_and_between_them(text, keys):
    assert split_keys(text, SHOP) == keys
