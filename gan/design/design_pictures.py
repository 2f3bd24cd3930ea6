"""Draws the pictures of a design: purchases, retrieved and designed garments side by side, and the search's course."""

from pathlib import Path

import numpy as np
from PIL import Image

from gan.design.model_pair import Studio
from gan.design.results import Query
from tf_dvbpr.pictures import grid
from tf_dvbpr.recommender.keys import find_item
from tfrecords.files.cached_arrays import Arrays

_BOUGHT = 4  # purchases shown per query; for a group at least one per member
_CELL = 112


def draw_designs(studio: Studio, garments: list[tuple[Query, dict, list[Image.Image]]], folder: Path) -> str:
    """Writes design.png from (query, its entry in design.json, designs), one band per query. Returns its name."""
    bands = []
    for query, entry, images in garments:
        blocks = [_bought(studio, query, entry), _retrieved(studio, entry), _designed(entry, images)]
        drawn = [grid.draw([row], len(row.photos) or 1, _CELL) for row in blocks]
        bands.append(grid.beside(drawn, _heading(entry)))
    grid.save(grid.above(bands), folder / "design.png")
    return "design.png"


def draw_trajectory(studio: Studio, query: Query, entry: dict, part: Arrays, file: Path) -> str:
    """Writes a picture of the search: one row per start, best first; steps from left to right. Returns its name."""
    way, records, steps = part["way"], part["records"], part["steps"]
    rows = []
    for start in range(way.shape[1]):
        images = grid.of_images(studio.draw(way[:, start], query.category))
        captions = [
            f"{preference:.2f}\nstep {step}, D {realness:.2f}"
            for step, (_, preference, realness) in zip(steps, records[:, start].tolist(), strict=True)
        ]
        rows.append(grid.Row(f"start {start + 1}", images, captions))
    score = "score" if entry["group"] is None else "score together"
    heading = f"{_heading(entry)}, {_steps_in_words(steps[-1])}. Below: {score} / step, D (1: looks real)"
    grid.save(grid.beside([grid.draw(rows, len(steps), _CELL)], heading), file)
    return file.name


def _steps_in_words(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _heading(entry: dict) -> str:
    return f"{_names_of_users(entry)}: {entry['category']}"


def _names_of_users(entry: dict) -> str:
    users = ", ".join(entry["users"][:6]) + (f" and {len(entry['users']) - 6} more" if len(entry["users"]) > 6 else "")
    if entry["group"] is None:
        return users
    mean = (
        f"mean score, weights {':'.join(f'{one:g}' for one in entry['weights'])}" if entry["weights"] else "mean score"
    )
    return f"{users} together ({mean if entry['group'] == 'mean' else 'least content member, standardised'})"


def _bought(studio: Studio, query: Query, entry: dict) -> grid.Row:
    shown = entry["bought"]
    if query.group:
        # First one item of each member, then the best of the others.
        firsts = [
            next(one for one in shown if one["user"] == user) for user in entry["users"] if _has_entry(shown, user)
        ]
        others = [one for one in shown if all(one is not first for first in firsts)]
        shown = firsts + sorted(others, key=lambda one: -one["score"])[: max(0, _BOUGHT - len(firsts))]
        shown = shown[: 2 * _BOUGHT]
    else:
        shown = shown[:_BOUGHT]
    none_of = not any(one["category"] == entry["category"] for one in entry["bought"])
    heading = "bought (none of these)" if none_of else "bought"
    other = ["" if one["category"] == entry["category"] else f"\n({one['category'] or 'no category'})" for one in shown]
    captions = [
        f"{one['score']:.2f}\n{one.get('user') or one['item']}{what}" for one, what in zip(shown, other, strict=True)
    ]
    return grid.Row(heading, _photos(studio, [one["item"] for one in shown]), captions)


def _has_entry(entries: list[dict], user: str) -> bool:
    return any(one["user"] == user for one in entries)


def _retrieved(studio: Studio, entry: dict) -> grid.Row:
    items = entry["retrieved"]
    captions = [f"{one['score']:.2f}\n{one['item']}" for one in items]
    return grid.Row("retrieved" if items else "nothing left", _photos(studio, [one["item"] for one in items]), captions)


def _designed(entry: dict, images: list[Image.Image]) -> grid.Row:
    captions = [
        f"{one['score']:.2f}\n{_share(one['better_than'])}\nD {one['realness']:.2f}" for one in entry["designed"]
    ]
    return grid.Row("designed", images, captions)


def _share(better_than: float | None) -> str:
    return "" if better_than is None else f"beats {100 * np.floor(1000 * better_than) / 1000:.4g} %"


def _photos(studio: Studio, keys: list[str]) -> list[bytes]:
    return studio.dataset.encoded_photos([find_item(key, studio.dataset) for key in keys])
