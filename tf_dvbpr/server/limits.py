"""Checks the size of a request before memory of that size is used."""

import io
import warnings
from collections.abc import Mapping

import numpy as np
from PIL import Image

from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.request_error import RequestError

_TOO_LARGE = 413
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")  # no signature can read other formats
MOST_STARTS, MOST_STEPS, MOST_CANDIDATES = 256, 1000, 1024  # the signatures reduce larger numbers to these
EXPLAIN_STEPS = 64  # of the signature `explain`, for each row


def check_limits(arrays: Mapping[str, np.ndarray], config: ServeConfig, signature: str = "") -> None:
    """Checks the inputs of a request against the server's limits.

    Inputs are recognised by their names in our signatures; for other signatures only the rows are limited.

    Args:
        arrays: a request's inputs by name.
        config: the settings with the limits.
        signature: the signature's name; `explain` takes steps too, though no input says how many.

    Raises:
        RequestError: status 413, a limit is exceeded. The message names what is too large, the limit and its flag.
    """
    lists = {name: len(array) for name, array in arrays.items() if array.ndim}
    rows = max(lists.values(), default=1)
    for name, count in lists.items():
        _check(count, config.max_rows, f"input {name}: {count} rows", "max_rows")
    width = max(_number(arrays, "k", 1), _number(arrays, "frames", 1))
    _check(rows * width, config.max_answer, f"{rows} rows of {width} places", "max_answer")
    if "steps" in arrays:
        # As the signatures count, which take a number below 1 for 1.
        starts = min(_number(arrays, "starts", 1), MOST_STARTS)
        steps = sum(min(_number(arrays, name, 1), MOST_STEPS) for name in ("steps", "invert_steps") if name in arrays)
        what = f"{rows} rows x {starts} starts x {steps} steps"
        _check(rows * starts * steps, config.max_design_steps, what, "max_design_steps")
        candidates = min(_number(arrays, "candidates", 1), MOST_CANDIDATES)
        what = f"{rows} rows x {candidates} candidates"
        _check(rows * candidates, config.max_design_steps, what, "max_design_steps")
    if signature == "explain":
        what = f"{rows} rows x {EXPLAIN_STEPS} steps of an explanation"
        _check(rows * EXPLAIN_STEPS, config.max_design_steps, what, "max_design_steps")
    for name, array in arrays.items():
        if array.dtype == object and name.endswith("_bytes"):
            _check_photos(name, array, config)


def _check_photos(name: str, photos: np.ndarray, config: ServeConfig) -> None:
    _check(photos.size, config.max_photos, f"input {name}: {photos.size} photos", "max_photos")
    for place, encoded in enumerate(photos.ravel()):
        height, width = _size(encoded, config)
        what = f"input {name}: photo {place} has {height} x {width} pixels"
        _check(height * width, config.max_pixels, what, "max_pixels", "make the photo smaller")


def _size(encoded: bytes, config: ServeConfig) -> tuple[int, int]:
    """Returns height and width from a photo's header; (0, 0) for bytes that are no photo, which signatures mark."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(encoded), formats=_FORMATS) as photo:
                return photo.height, photo.width
    except Image.DecompressionBombError:
        return 1, max(config.max_pixels, 2 * Image.MAX_IMAGE_PIXELS) + 1  # Pillow only says that there are more.
    except Exception:  # Pillow raises many kinds of errors on damaged headers.
        return 0, 0


def _number(arrays: Mapping[str, np.ndarray], name: str, least: int) -> int:
    array = arrays.get(name)
    return max(int(array), least) if array is not None and array.ndim == 0 and array.dtype.kind in "iu" else least


def _check(value: int, most: int, what: str, flag: str, advice: str = "ask for less at once") -> None:
    if value > most:
        raise RequestError(_TOO_LARGE, f"{what}: at most {most} allowed (--{flag} of the server); {advice}")
