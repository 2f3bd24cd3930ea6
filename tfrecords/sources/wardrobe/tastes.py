"""Defines the wardrobe's true attributes and tastes, and draws the purchases that follow from them."""

import dataclasses

import numpy as np

CATEGORIES = ("men_bottoms", "men_shoes", "men_tops", "women_bottoms", "women_shoes", "women_tops")
PATTERNS = ("plain", "stripes", "dots", "checks")
NECKLINES = ("round", "v", "wide")
# Names of the eighths of the OKLCH hue circle, from 0 degrees.
COLOURS = ("pink", "red", "orange", "yellow", "green", "teal", "blue", "purple")
ATTRIBUTES = (*CATEGORIES, "hue_cos", "hue_sin", "length", *PATTERNS)

_MEN = np.array([name.startswith("men") for name in CATEGORIES])
# The weight of each taste, in logits.
_OWN_WARDROBE = 3.0  # users buy mostly from one half, men's or women's
_CATEGORY = 0.6
_HUE = 3.0
_LENGTH = 2.2
_PATTERN = 2.2
_SPREAD = 0.25  # how much users differ in those weights
_POPULARITY = 0.45  # scale of the exponential log-popularity: a long tail
_WHIM = 0.05  # share of purchases made without regard to taste
_MEDIAN_PURCHASES = 8
_FEWEST, _MOST = 5, 80


@dataclasses.dataclass(frozen=True)
class Garments:
    """The attributes of the items.

    Attributes:
        category: int [I], index into `CATEGORIES`.
        hue: float [I], degrees in OKLCH, [0, 360).
        length: float [I], of sleeve, skirt, leg or shaft: 0 shortest, 1 longest.
        pattern: int [I], index into `PATTERNS`.
        neckline: int [I], index into `NECKLINES`; shows on tops only.
    """

    category: np.ndarray
    hue: np.ndarray
    length: np.ndarray
    pattern: np.ndarray
    neckline: np.ndarray

    def features(self) -> np.ndarray:
        """Returns float32 [I, 13] in the order of `ATTRIBUTES`, for dot products with tastes; length is in [-1, 1]."""
        hue = np.deg2rad(self.hue)
        columns = [
            np.eye(len(CATEGORIES))[self.category],
            np.stack([np.cos(hue), np.sin(hue), 2 * self.length - 1], axis=1),
            np.eye(len(PATTERNS))[self.pattern],
        ]
        return np.concatenate(columns, axis=1).astype(np.float32)

    def describe(self, item: int) -> dict:
        """Returns the attributes of one item by name."""
        return {
            "category": CATEGORIES[self.category[item]],
            "colour": colour_name(self.hue[item]),
            "hue": round(float(self.hue[item]), 1),
            "length": round(float(self.length[item]), 3),
            "pattern": PATTERNS[self.pattern[item]],
            "neckline": NECKLINES[self.neckline[item]],
        }


def draw_garments(rng: np.random.Generator, items: int) -> Garments:
    """Draws the attributes of a catalogue, independently of each other."""
    return Garments(
        category=rng.integers(len(CATEGORIES), size=items),
        hue=rng.uniform(0, 360, items),
        length=rng.uniform(0, 1, items),
        pattern=rng.integers(len(PATTERNS), size=items),
        neckline=rng.integers(len(NECKLINES), size=items),
    )


def draw_tastes(rng: np.random.Generator, users: int) -> np.ndarray:
    """Draws float32 [U, 13]: each user's weight for each of `ATTRIBUTES`, in logits."""
    mens = rng.integers(2, size=(users, 1)).astype(bool)
    category = np.where(mens == _MEN, _OWN_WARDROBE, 0) + rng.normal(0, _CATEGORY, (users, len(CATEGORIES)))
    hue = rng.uniform(0, 2 * np.pi, users)
    colour = _HUE * _spread(rng, users)[:, None] * np.stack([np.cos(hue), np.sin(hue)], axis=1)
    length = _LENGTH * _spread(rng, users) * rng.choice([-1, 1], users)
    pattern = np.eye(len(PATTERNS))[rng.integers(len(PATTERNS), size=users)] * _PATTERN * _spread(rng, users)[:, None]
    return np.concatenate([category, colour, length[:, None], pattern], axis=1).astype(np.float32)


def draw_purchases(rng: np.random.Generator, tastes: np.ndarray, features: np.ndarray) -> list[np.ndarray]:
    """Draws each user's purchases, distinct items, from softmax(taste . features + log-popularity).

    Args:
        rng: source of randomness.
        tastes: float [U, D].
        features: float [I, D].

    Returns:
        One sorted int array of item rows per user; their number is log-normal, at least 5.
    """
    users, items = len(tastes), len(features)
    popularity = rng.exponential(_POPULARITY, items)
    counts = np.round(np.exp(rng.normal(np.log(_MEDIAN_PURCHASES), 0.55, users))).astype(int)
    counts = np.clip(counts, _FEWEST, min(_MOST, items))
    purchases = []
    for taste, count in zip(tastes, counts, strict=True):
        # The largest values of logits + Gumbel noise are a sample without replacement from their softmax.
        liked = features @ taste + popularity + rng.gumbel(size=items)
        whims = rng.binomial(count, _WHIM)
        chosen = np.argpartition(-liked, count - 1)[:count]
        chosen = rng.permutation(chosen)[: count - whims]
        rest = np.delete(np.arange(items), chosen)
        purchases.append(np.sort(np.concatenate([chosen, rng.choice(rest, whims, replace=False)])))
    return purchases


def describe_taste(taste: np.ndarray) -> dict:
    """Returns a user's favourites: categories in order, colour, hue (degrees), length (-1 short, 1 long), pattern."""
    category, (cos, sin, length), pattern = np.split(taste, [len(CATEGORIES), len(CATEGORIES) + 3])
    hue = float(np.rad2deg(np.arctan2(sin, cos)) % 360)
    return {
        "categories": [CATEGORIES[index] for index in np.argsort(-category)],
        "colour": colour_name(hue),
        "hue": round(hue, 1),
        "length": 1 if length > 0 else -1,
        "pattern": PATTERNS[int(np.argmax(pattern))],
    }


def colour_name(hue: float) -> str:
    """Returns the name of the eighth of the hue circle nearest to `hue`, in degrees."""
    return COLOURS[round(hue / 45) % len(COLOURS)]


def mean_auc(tastes: np.ndarray, features: np.ndarray, targets: np.ndarray, own: list[np.ndarray]) -> float:
    """Returns the mean over users of the share of items, without their own, that score below their target.

    Ties count as losses.

    Args:
        tastes: float [U, D].
        features: float [I, D].
        targets: int [U], one item per user.
        own: one int array of items per user, which includes the target.
    """
    shares = []
    for taste, target, items in zip(tastes, targets, own, strict=True):
        scores = features @ taste
        under = scores < scores[target]
        shares.append((under.sum() - under[items].sum()) / (len(features) - len(items)))
    return float(np.mean(shares))


def _spread(rng: np.random.Generator, users: int) -> np.ndarray:
    return np.exp(rng.normal(0, _SPREAD, users))
