"""Each category's picture is a file of its own."""

import pytest

from gan.samples import _file_names


@pytest.mark.parametrize(
    ("categories", "files"),
    [
        (["women_tops", "men's shoes"], ["women_tops.png", "men_s_shoes.png"]),
        (["tops/new", "tops new", "shoes"], ["tops_new-1.png", "tops_new-2.png", "shoes.png"]),
        (["Tops", "tops"], ["Tops-1.png", "tops-2.png"]),
        (["Nearest", "interpolation"], ["Nearest-1.png", "interpolation-2.png"]),
    ],
)
def test_no_two_pictures_share_a_file(categories, files):
    assert _file_names(categories) == files
