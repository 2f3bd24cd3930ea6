"""Which of a user's purchases train, validate and test."""

import hashlib
import json
from collections.abc import Sequence

RULE = (
    "sha256 of the JSON list [seed, user key, sorted item keys]: its first 8 bytes modulo n pick the validation item, "
    "the next 8 modulo n-1 pick the test item among the rest"
)
MIN_ACTIONS = 3  # one purchase each for training, validation and test


def hold_out(seed: int, user_key: str, item_keys: Sequence[str]) -> tuple[int, int]:
    """Draws one validation and one test purchase of a user.

    The draw is a function of (seed, user key, the set of item keys) alone: neither the order of rows nor any other
    user changes it.

    Args:
        seed: the split's seed.
        user_key: the owner's id of the user.
        item_keys: the user's distinct item keys, sorted; at least `MIN_ACTIONS`.

    Returns:
        (validation, test): two different positions in `item_keys`.
    """
    count = len(item_keys)
    if count < MIN_ACTIONS:
        raise ValueError(f"a split needs at least {MIN_ACTIONS} purchases, got {count}")
    digest = hashlib.sha256(json.dumps([seed, user_key, list(item_keys)]).encode()).digest()
    validation = int.from_bytes(digest[:8], "big") % count
    test = int.from_bytes(digest[8:16], "big") % (count - 1)
    # Shifting past the validation item leaves the test item uniform over the others.
    return validation, test + (test >= validation)
