"""What a request may ask for: checked before anything of that size is made."""

import io
import warnings
from collections.abc import Mapping

import numpy as np
from PIL import Image

from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.request_error import RequestError

_TOO_LARGE = 413
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")  # The others are unreadable to every signature.
_MOST_STARTS, _MOST_STEPS = 256, 1000  # The signatures bring larger numbers down to these.


def check_limits(arrays: Mapping[str, np.ndarray], config: ServeConfig) -> None:
    """Checks a request by the names that the inputs of our signatures have; others have a bound on rows alone.

    Args:
        arrays: of a request, by the name of the input.
        config: with the bounds.

    Raises:
        RequestError: 413, what is too large, what is allowed, and the flag that says so.
    """
    lists = {name: len(array) for name, array in arrays.items() if array.ndim}
    rows = max(lists.values(), default=1)
    for name, count in lists.items():
        _check(count, config.max_rows, f"input {name}: {count} rows", "max_rows")
    width = max(_number(arrays, "k", 1), _number(arrays, "frames", 1))
    _check(rows * width, config.max_answer, f"{rows} rows of {width} places", "max_answer")
    if "steps" in arrays:
        starts = min(_number(arrays, "starts", 1), _MOST_STARTS)
        steps = sum(min(_number(arrays, name, 0), _MOST_STEPS) for name in ("steps", "invert_steps"))
        what = f"{rows} rows x {starts} starts x {steps} steps"
        _check(rows * starts * steps, config.max_design_steps, what, "max_design_steps")
    for name, array in arrays.items():
        if array.dtype == object and name.endswith("_bytes"):
            _check_photos(name, array, config)


def _check_photos(name: str, photos: np.ndarray, config: ServeConfig) -> None:
    _check(photos.size, config.max_photos, f"input {name}: {photos.size} photos", "max_photos")
    for place, encoded in enumerate(photos.ravel()):
        height, width = _size(encoded, config)
        what = f"input {name}: photo {place} has {height} x {width} pixels"
        _check(height * width, config.max_pixels, what, "max_pixels")


def _size(encoded: bytes, config: ServeConfig) -> tuple[int, int]:
    """Height and width by the header; (0, 0) of what is no photo, which the signature marks as unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(encoded), formats=_FORMATS) as photo:
                return photo.height, photo.width
    except Image.DecompressionBombError:
        return 1, max(config.max_pixels, 2 * Image.MAX_IMAGE_PIXELS) + 1  # All that Pillow says: more than that.
    except Exception:  # Pillow's readers raise whatever a damaged header makes them raise.
        return 0, 0


def _number(arrays: Mapping[str, np.ndarray], name: str, least: int) -> int:
    array = arrays.get(name)
    return max(int(array), least) if array is not None and array.ndim == 0 and array.dtype.kind in "iu" else least


def _check(value: int, most: int, what: str, flag: str) -> None:
    if value > most:
        raise RequestError(_TOO_LARGE, f"{what}: at most {most} allowed (--{flag} of the server); ask for less at once")
