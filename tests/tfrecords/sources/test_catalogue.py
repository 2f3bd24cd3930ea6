import numpy as np
import pytest

from tfrecords.sources.catalogue import Catalogue, Product

NAMES = "", "coats", "a"
PRODUCTS = [Product(f"i{number}", 3 * number, f"{number}.jpg", NAMES[number % 3]) for number in range(9000)]


def test_products():
    catalogue = Catalogue(iter(PRODUCTS))
    assert list(catalogue) == PRODUCTS and catalogue[-2:] == PRODUCTS[-2:] and catalogue[-1] == PRODUCTS[-1]
    assert catalogue.category_names() == ["a", "coats"]
    assert len(Catalogue()) == 0
    with pytest.raises(IndexError):
        catalogue[9000]


def test_blocks():
    """The keys of a block may stand in any order, and two may be the same."""
    catalogue = Catalogue()
    items, rows = np.array([2, 0, 2, 1, 3]), ([5, 6, 7, 8, 9], list("pqrst"), list("cdefg"))
    again = list(catalogue.add_block(["x", "y", "z", "x"], items, *rows))
    assert list(catalogue) == [Product("z", 5, "p", "c"), Product("x", 6, "q", "d"), Product("y", 8, "s", "f")]
    assert again == [
        (Product("z", 7, "r", "e"), Product("z", 5, "p", "c")),
        (Product("x", 9, "t", "g"), Product("x", 6, "q", "d")),
    ]
    again = list(catalogue.add_block(["y", "new"], np.array([0, 1]), [10, 11], ["u", "v"], ["c", ""]))
    assert again == [(Product("y", 10, "u", "c"), catalogue[2])] and catalogue[3] == Product("new", 11, "v", "")
    assert catalogue.category_names() == ["c", "d", "f"]
