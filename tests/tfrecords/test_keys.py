import numpy as np
import pytest

from tfrecords import keys as keys_module
from tfrecords.keys import Keys
from tfrecords.texts import Texts

MIXED = ["", "a", "é", "a\0", "ab", "\ud800", "漢字", "b" * 300, "\U0001f455", "\uffff", "0", "00"]


def test_texts():
    texts = Texts(MIXED)
    assert list(texts) == MIXED and texts[1:-1:3] == MIXED[1:-1:3] and texts[-1] == "00" and len(texts) == 12
    with pytest.raises(IndexError):
        texts[12]
    order = texts.order()
    assert [MIXED[place] for place in order] == sorted(MIXED) == list(texts.take(order))
    texts.extend(["more"])
    assert texts[12] == "more"


def test_texts_are_compared_letter_by_letter():
    texts = Texts(MIXED)
    places = np.repeat(np.arange(12), 12)
    same = texts.equal(places, MIXED * 12).reshape(12, 12)
    np.testing.assert_array_equal(same, np.eye(12, dtype=bool))
    assert texts.equal(np.zeros(0, np.int64), []).tolist() == []


@pytest.mark.parametrize("chunk", [3, 1 << 16])
@pytest.mark.parametrize("kinds", [2**62, 5, 1])
def test_a_dict_numbers_alike(monkeypatch, chunk, kinds):
    """With few kinds of hashes, most keys share theirs with others."""
    monkeypatch.setattr(keys_module, "_CHUNK", chunk)
    monkeypatch.setattr(
        keys_module, "_hashes", lambda keys: np.array([hash(key) % kinds for key in keys], np.int64).reshape(-1)
    )
    random = np.random.default_rng(0)
    keys, plain = Keys(), {}
    for size in (5, 1, 0, 40, 3, 70, 2, 2):
        block = [f"k{number}" for number in random.integers(0, 150, size)]
        expected = [plain.get(key, -1) for key in block]
        assert keys.find(block).tolist() == expected
        numbers = [plain.setdefault(key, len(plain)) for key in block]
        assert keys.number(block).tolist() == numbers
    assert list(keys) == list(plain) and len(plain) > 50
    assert keys.find([*plain, "k", "k1000"]).tolist() == [*range(len(plain)), -1, -1]
