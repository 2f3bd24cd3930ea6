"""`gan.train` refuses what cannot be trained before anything is written."""

import pytest

import gan
from tfrecords.errors import InputError


@pytest.mark.parametrize(
    ("preset", "given", "said"),
    [
        ("quick", {}, "preset=quick: expected one of "),
        ("fast", {"image_size": 33}, "image_size=33: expected "),
        ("fast", {"width": 8}, "width: no such setting; there are "),
        ("fast", {}, "nowhere: no data set here"),
    ],
)
def test_bad_settings_are_refused(tmp_path, preset, given, said):
    with pytest.raises(InputError) as caught:
        gan.train(tmp_path / "nowhere", tmp_path / "run", preset, progress=False, **given)
    assert said in str(caught.value) and "--" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
