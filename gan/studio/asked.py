"""Reads the studio's requests, JSON objects, and refuses what is no such request, each field by its name."""

import base64
import binascii
from collections.abc import Sequence

import numpy as np
from werkzeug.wrappers import Request

from tf_dvbpr.server.request_error import RequestError
from tfrecords.files.json_file import parse_json


class Asked:
    """A request's fields.

    Args:
        request: its body is a JSON object.

    Raises:
        RequestError: status 400, in the constructor or a method: the body or a field is malformed. The message names
            the field and what is expected.
    """

    def __init__(self, request: Request) -> None:
        try:
            fields = parse_json(request.get_data().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise RequestError(400, f"the body is no JSON: not UTF-8 at offset {error.start}") from None
        except ValueError as error:
            raise RequestError(400, f"the body is no JSON: {error}") from None
        self._fields = self._need(fields, isinstance(fields, dict), "the body", "an object")

    @classmethod
    def _of(cls, fields: dict) -> "Asked":
        made = cls.__new__(cls)
        made._fields = fields
        return made

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def part(self, name: str) -> "Asked":
        """Returns a field that is an object."""
        value = self._fields.get(name)
        return Asked._of(self._need(value, isinstance(value, dict), name, "an object"))

    def parts(self, name: str, most: int) -> list["Asked"]:
        """Returns a field that is a list of 1 to `most` objects."""
        value = self._fields.get(name)
        fits = isinstance(value, list) and 1 <= len(value) <= most and all(isinstance(one, dict) for one in value)
        return [Asked._of(one) for one in self._need(value, fits, name, f"a list of 1 to {most} objects")]

    def text(self, name: str, most: int = 1000) -> str:
        """Returns a field that is a text."""
        value = self._fields.get(name)
        return self._need(
            value, isinstance(value, str) and len(value) <= most, name, f"a text of at most {most} characters"
        )

    def texts(self, name: str, most: int) -> list[str]:
        """Returns a field that is a list of texts."""
        value = self._fields.get(name)
        fits = isinstance(value, list) and len(value) <= most and all(isinstance(one, str) for one in value)
        return self._need(value, fits, name, f"a list of at most {most} texts")

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """Returns a field that is a whole number from `least` to `most`; `default` if it is missing."""
        value = self._fields.get(name, default)
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return self._need(value, fits, name, f"a whole number from {least} to {most}")

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        """Returns a field that is a number from `least` to `most`; `default` if it is missing."""
        value = self._fields.get(name, default)
        return float(
            self._need(
                value, _is_number(value) and least <= value <= most, name, f"a number from {least:g} to {most:g}"
            )
        )

    def numbers(self, name: str, most: int = 10_000) -> list[float]:
        """Returns a field that is a list of finite numbers."""
        value = self._fields.get(name)
        return self._need(value, _are_numbers(value, most), name, f"a list of at most {most} numbers")

    def rows(self, name: str, most: int) -> list[list[float]]:
        """Returns a field that is a list of lists of finite numbers."""
        value = self._fields.get(name)
        fits = isinstance(value, list) and len(value) <= most and all(_are_numbers(one, 10_000) for one in value)
        return self._need(value, fits, name, f"a list of at most {most} lists of numbers")

    def latent(self, name: str, dim: int) -> np.ndarray:
        """Returns a field that is a latent of the GAN, float32 [Z]."""
        value = self._fields.get(name)
        fits = _are_numbers(value, dim) and len(value) == dim and all(abs(one) <= 1e3 for one in value)
        return np.array(self._need(value, fits, name, f"the {dim} numbers that the studio gave"), np.float32)

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Returns a field that is one of some texts."""
        value = self._fields.get(name)
        return self._need(value, isinstance(value, str) and value in choices, name, f"one of {', '.join(choices)}")

    def photo(self, name: str) -> bytes:
        """Returns the bytes of a field that is a file in base64."""
        value = self._fields.get(name)
        try:
            return base64.b64decode(self._need(value, isinstance(value, str), name, "a file in base64"), validate=True)
        except (binascii.Error, ValueError):
            raise RequestError(400, f"{name}: a file in base64 expected") from None

    @staticmethod
    def _need(value: object, fits: bool, name: str, expected: str) -> object:
        if not fits:
            raise RequestError(400, f"{name}: {expected} expected, got {_described(value)}")
        return value


def _described(value: object) -> str:
    if isinstance(value, list):
        kinds = sorted({_KINDS[type(one)] for one in value})
        return f"a list of {len(value)}" + (f" ({', '.join(kinds)})" if kinds else "")
    if isinstance(value, dict):
        return "an object"
    return "nothing" if value is None else f"{value!r:.60}"


_KINDS = {
    type(None): "nothing", bool: "true or false", int: "numbers", float: "numbers", str: "texts", list: "lists",
    dict: "objects"
}  # fmt: skip


def _is_number(value: object) -> bool:
    # A whole number of JSON may be too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300


def _are_numbers(value: object, most: int) -> bool:
    return isinstance(value, list) and len(value) <= most and all(map(_is_number, value))
