"""Computes splits, AUCs and CSV for the oracles, plainly and independently of the project's code."""

import hashlib
import json
import re

import numpy as np

from .outcome import Unreadable

_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=,|$)|([^",][^,]*|)(?=,|$)')


def csv_rows(data: bytes) -> list[list[str]]:
    """Reads the rows of a table strictly: one row per line, no line ends in fields, and all quotes closed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error
    return [_fields(line) if line else [] for line in re.split(r"\r\n|\n|\r", text)]


def _fields(line: str) -> list[str]:
    fields, at = [], 0
    while True:
        found = re.compile(_FIELD.pattern, re.DOTALL).match(line, at)
        if found is None:
            raise Unreadable(f"a stray quote in {line[:60]!r}")
        quoted, bare = found.groups()
        fields.append(bare if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if at >= len(line):
            return fields
        at += 1


def split(seed: int, user: str, items: set[str]) -> tuple[str, str]:
    """Returns the (validation, test) items of a user by the rule in dataset.json."""
    keys = sorted(items)
    digest = hashlib.sha256(json.dumps([seed, user, keys]).encode()).digest()
    validation = keys.pop(int.from_bytes(digest[:8], "big") % len(keys))
    return validation, keys[int.from_bytes(digest[8:16], "big") % len(keys)]


def users_of(pairs: list[tuple[str, str]], least: int, seed: int = 0) -> dict[str, tuple]:
    """Returns (sorted training items, validation, test) by user key, for users with `least` or more different items."""
    bought: dict[str, set[str]] = {}
    for user, item in pairs:
        bought.setdefault(user, set()).add(item)
    users = {}
    for user in sorted(bought):
        if len(bought[user]) >= least:
            held = split(seed, user, bought[user])
            users[user] = (tuple(sorted(bought[user] - set(held))), *held)
    return users


def auc_bounds(users: np.ndarray, items: np.ndarray, own: list[list[int]], targets: list[int]) -> tuple[float, float]:
    """Computes bounds of the mean strict AUC that allow for rounding of the scores to float32.

    ``users`` [U, D], ``items`` [I, D]. A user's AUC is the share of the items not in ``own`` that score less than the
    target.
    """
    least, most = [], []
    with np.errstate(all="ignore"):
        users, items = users.astype(np.float32).astype(np.float64), items.astype(np.float32).astype(np.float64)
        for user, owned, target in zip(users, own, targets, strict=True):
            if target < 0 or len(set(owned)) == len(items):
                continue
            scores = items @ user
            error = (np.abs(items) @ np.abs(user)) * 1e-6
            others = np.setdiff1d(np.arange(len(items)), owned)
            gap, slack = scores[target] - scores[others], error[target] + error[others]
            least.append(np.mean(gap > slack))
            most.append(np.mean(gap > -slack))
    return (float(np.mean(least)), float(np.mean(most))) if least else (float("nan"), float("nan"))
