"""A recommender of 3000 items of unequal length, for the tests of indexes; without a training."""

import numpy as np

from tf_dvbpr.approximate.config import IndexConfig
from tf_dvbpr.approximate.search_index import make_index
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.serving.export import save
from tf_dvbpr.serving.module import ServingModule

USERS, ITEMS, DIM = 300, 3000, 7
NAMES = ("tops", "shoes", "hats")
RARE = 2  # hats: 12 items


def factors(seed=0):
    draw = np.random.default_rng(seed)
    scale = 1 / np.sqrt(1 + np.arange(DIM))
    items = draw.normal(size=[ITEMS, DIM]) * scale * np.exp(draw.normal(0, 0.4, [ITEMS, 1]))
    return Factors(
        (draw.normal(size=[USERS, DIM]) * scale).astype(np.float32),
        items.astype(np.float32),
        np.array([f"u{number}" for number in range(USERS)]),
        np.array([f"i{number}" for number in range(ITEMS)]),
    )


def categories():
    """Returns a category for each item: none, tops or shoes in turns, and 12 hats."""
    numbers = np.arange(ITEMS) % 3 - 1
    numbers[::250] = RARE
    return numbers


def known():
    """Returns what users own: each their 9 best items, and user 1 the 2960 items whose codes promise most."""
    made = factors()
    scores = made.user_factors @ made.item_factors.T
    owned = [np.sort(np.argsort(-row)[: 2960 if user == 1 else 9]) for user, row in enumerate(scores)]
    return np.cumsum([0, *map(len, owned)]), np.concatenate(owned)


def index(kind="ivfpq", seed=0, **settings):
    return make_index(factors(seed), known(), categories(), NAMES, IndexConfig(index=kind, **settings))


def write_export(folder, made, seed=0):
    """Writes an export with an index and returns its figures."""
    module = ServingModule(factors(seed), *known(), categories(), NAMES, None, index=made)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return save(module, module.signatures(), folder, index=made, category_names=NAMES)
