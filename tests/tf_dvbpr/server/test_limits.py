import io
import zlib

import numpy as np
import pytest
from PIL import Image

from gan.serving import designer_base, designer_design
from tf_dvbpr.server import limits
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.limits import check_limits
from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.serving import explanations
from tf_dvbpr.serving.config import ExportConfig

SMALL = {"max_rows": 4, "max_answer": 10, "max_photos": 2, "max_pixels": 400, "max_design_steps": 100}


def check(**arrays):
    check_limits({name: np.asarray(value) for name, value in arrays.items()}, ServeConfig("m", **SMALL))


def refused(**arrays):
    with pytest.raises(RequestError) as caught:
        check(**arrays)
    assert caught.value.status == 413
    return caught.value.message


def texts(*values):
    return np.array(values, object)


def photo(width, height, kind="PNG"):
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, kind)
    return file.getvalue()


def test_rows_and_places():
    check(user_keys=texts(*"abcd"), k=np.int32(2))
    assert refused(user_keys=texts(*"abcde")).startswith("input user_keys: 5 rows: at most 4 allowed (--max_rows")
    assert refused(user_keys=texts(*"abcd"), k=np.int32(3)).startswith(
        "4 rows of 3 places: at most 10 allowed (--max_a"
    )
    check(user_keys=texts(*"abcd"), k=np.int32(-5))
    assert "2 rows of 6 places" in refused(user_keys=texts(*"ab"), frames=np.int32(6))


def test_steps_of_designs():
    check(user_keys=texts("a"), starts=np.int32(10), steps=np.int32(10))
    assert refused(user_keys=texts("a"), starts=np.int32(10), steps=np.int32(11)).startswith(
        "1 rows x 10 starts x 11 steps: at most 100 allowed (--max_design_steps of the server)"
    )
    assert "2 rows x 5 starts" in refused(
        user_keys=texts("a"),
        categories=texts("c", "d"),
        starts=np.int32(5),
        steps=np.int32(1),
        invert_steps=np.int32(10),
    )
    # As the signature, which brings what is larger down to these.
    assert "256 starts x 1000 steps" in refused(categories=texts("c"), starts=np.int32(10**9), steps=np.int32(10**9))


def test_numbers_below_one_count_as_the_signatures_take_them():
    for few in (0, -5):
        what = refused(user_keys=texts(*"abcd"), starts=np.int32(30), steps=np.int32(few))
        assert what.startswith("4 rows x 30 starts x 1 steps: at most 100 allowed")
    assert "1 rows x 50 starts x 3 steps" in refused(
        user_keys=texts("a"), starts=np.int32(50), steps=np.int32(2), invert_steps=np.int32(-1)
    )


def test_candidates_and_explanations():
    check(user_keys=texts("a"), starts=np.int32(1), steps=np.int32(1), candidates=np.int32(100))
    what = refused(user_keys=texts("a", "b"), starts=np.int32(1), steps=np.int32(1), candidates=np.int32(51))
    assert what.startswith("2 rows x 51 candidates: at most 100 allowed (--max_design_steps of the server)")
    assert "1 rows x 1024 candidates" in refused(starts=np.int32(1), steps=np.int32(1), candidates=np.int32(10**9))
    pairs = {"user_keys": texts("a", "b"), "image_bytes": texts(b"")}
    check(**pairs)
    with pytest.raises(RequestError, match="2 rows x 64 steps of an explanation: at most 100 allowed") as caught:
        check_limits(pairs, ServeConfig("m", **SMALL), "explain")
    assert caught.value.status == 413


def test_its_numbers_are_those_of_the_signatures():
    assert (limits.MOST_STARTS, limits.MOST_STEPS) == (designer_base.MOST_STARTS, designer_base.MOST_STEPS)
    assert limits.MOST_CANDIDATES == designer_design.MOST_CANDIDATES
    assert explanations.STEPS == limits.EXPLAIN_STEPS
    assert ServeConfig("m").max_pixels == ExportConfig("run", "out").max_pixels


def test_photos():
    check(image_bytes=texts(photo(20, 20), b"no photo"))
    assert "input image_bytes: 3 photos: at most 2 allowed (--max_photos" in refused(image_bytes=texts(b"", b"", b""))
    assert "photo 1 has 20 x 21 pixels: at most 400" in refused(image_bytes=texts(b"", photo(21, 20)))
    assert refused(image_bytes=texts(photo(21, 20))).endswith("(--max_pixels of the server); make the photo smaller")
    # Nothing of that size is made, nor does Pillow's own bound raise.
    png, gif = bytearray(photo(8, 8)), bytearray(photo(8, 8, "GIF"))
    png[16:24] = (15_000).to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    gif[6:10] = (15_000).to_bytes(2, "little") * 2
    for huge in (png, gif):
        assert "pixels: at most 400 allowed" in refused(image_bytes=texts(bytes(huge)))
    check(names=texts(photo(30, 30)))
