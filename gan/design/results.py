"""A query for a design, and its entry in design.json: bought, retrieved and designed garments, with their scores."""

import dataclasses

import numpy as np

from gan.design.model_pair import Studio
from gan.search.taste import Taste
from tfrecords.files.cached_arrays import Arrays

_BOUGHT = 12  # purchases listed per member, at most


@dataclasses.dataclass(frozen=True)
class Query:
    """The users and the category of a design.

    Attributes:
        members: the users' numbers.
        group: None for one user, else one of `gan.search.config.GROUPS`.
        category: the category's number.
        weights: the members' weights as given; (): none were given.
    """

    members: tuple[int, ...]
    group: str | None
    category: int
    weights: tuple[float, ...] = ()


def design_entry(
    studio: Studio,
    query: Query,
    taste: Taste,
    part: Arrays,
    styles: np.ndarray,
    files: list[str],
    k: int,
) -> dict[str, object]:
    """Returns a query's entry for design.json: what its members bought, what retrieval finds (eq. 8), and the designs.

    Retrieved items are those that no member owns. ``better_than`` of a design is the share of the category's items that
    score below it.

    Args:
        studio: the two runs.
        query: the query.
        taste: its taste, one row.
        part: ``best`` float32 [k, 3] and ``best_step`` [k] of the designs, NaN if there is no design; ``dropped``.
        styles: float32 [n, K], Phi of the n designs.
        files: the names of the n files.
        k: number of items to retrieve.
    """
    items = np.flatnonzero(studio.categories == query.category)
    scores = taste.of_items(studio.item_factors[items])
    owned = np.isin(items, np.concatenate([studio.bought(user) for user in query.members]))
    free = np.where(owned, -np.inf, scores)
    best = np.argsort(-free, kind="stable")[: min(k, int(np.count_nonzero(~owned)))]
    retrieved = [{"item": str(studio.dataset.item_keys[items[place]]), "score": float(scores[place])} for place in best]
    found = slice(len(files))
    figures = zip(files, part["best"][found].tolist(), part["best_step"][found].astype(int).tolist(), strict=True)
    designed = [
        {
            "file": file,
            "score": preference,
            "objective": objective,
            "realness": realness,
            "best_step": step,
            "better_than": float(np.mean(scores < preference)) if len(scores) else None,
        }
        for file, (objective, preference, realness), step in figures
    ]
    if query.group:
        members = studio.user_factors[list(query.members)]
        for entries, vectors in ((retrieved, studio.item_factors[items[best]]), (designed, styles)):
            for entry, own in zip(entries, (vectors @ members.T).tolist(), strict=True):
                entry["scores"] = own
    return {
        "users": studio.dataset.user_keys[list(query.members)].tolist(),
        "group": query.group,
        "weights": list(query.weights),
        "category": studio.gan.category_names[query.category],
        "bought": [entry for user in query.members for entry in _bought(studio, query, user)],
        "retrieved": retrieved,
        "designed": designed,
        "dropped_starts": int(part["dropped"]),
    }


def _bought(studio: Studio, query: Query, user: int) -> list[dict[str, object]]:
    """Returns a member's purchases with the highest scores; those of the category if there are any."""
    own = studio.bought(user, query.category)
    own = own if len(own) else studio.bought(user)
    scores = studio.scores(user, own)
    entries = []
    for place in np.argsort(-scores, kind="stable")[:_BOUGHT]:
        number = studio.categories[own[place]]
        category = studio.gan.category_names[number] if number >= 0 else ""
        entries.append(
            {"item": str(studio.dataset.item_keys[own[place]]), "category": category, "score": float(scores[place])}
        )
        if query.group:
            entries[-1]["user"] = str(studio.dataset.user_keys[user])
    return entries
