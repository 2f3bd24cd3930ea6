"""Draws explain.png: heat maps, purchases, preferred items and a legend."""

from pathlib import Path

import numpy as np
from PIL import Image

from tf_dvbpr.explanation.garment import Garment
from tf_dvbpr.explanation.heat_map import heat_map, legend
from tf_dvbpr.explanation.results import Explanation, Explanations, ItemBeside
from tf_dvbpr.pictures import grid
from tf_dvbpr.recommender.keys import find_item
from tfrecords.dataset import Dataset

_CELL, _ITEM = 176, 112
_SHOWN = 5  # items shown of a list
_MARGIN = 24
_METHODS = {"integrated_gradients": "integrated gradients", "grad_cam": "Grad-CAM", "occlusion": "occlusion"}


def draw_explanations(result: Explanations, garment: Garment, dataset: Dataset, folder: Path) -> Image.Image:
    """Draws one band per user or group, then the legend. The heat maps must be in the folder already."""
    bands = [_band(one, garment, dataset, folder) for one in result.explanations]
    bar = legend()
    below = Image.new("RGB", (bar.width + 2 * _MARGIN, bar.height + _MARGIN), "white")
    below.paste(bar, (_MARGIN, 0))
    return grid.above([*bands, below])


def _band(one: Explanation, garment: Garment, dataset: Dataset, folder: Path) -> Image.Image:
    blocks = [grid.draw([_maps(one, garment, folder)], 5, _CELL)]
    for heading, items in (
        ("bought, most alike", one.bought_alike),
        ("bought, least alike", one.bought_unlike),
        ("would prefer", one.preferred),
    ):
        if items:
            row = _items(heading, items[:_SHOWN], dataset)
            blocks.append(grid.draw([row], 2, _ITEM))
    return grid.beside(blocks, _heading(one, garment))


def _heading(one: Explanation, garment: Garment) -> str:
    asked = one.name if one.users == 1 and one.raised_for is None else f"{one.name}, {one.users} users"
    return f"{asked}: {garment.name} scores {one.score:.3g}, above {one.percentile:.1%} of the catalogue"


def _maps(one: Explanation, garment: Garment, folder: Path) -> grid.Row:
    images: list[Image.Image] = [Image.open(folder / file) for file in one.heat_maps.values()]
    captions = [_METHODS[method] for method in one.heat_maps]
    captions[0] += f"\nsum {one.score - one.white_score + one.gap:+.3g}, to explain {one.score - one.white_score:+.3g}"
    if one.raised_for is not None:
        shares = np.nan_to_num(np.array(one.raised_for, np.float64), nan=0.5)
        images.append(heat_map(garment.pixels, _enlarged(2 * shares - 1, len(garment.pixels)), most=1.0))
        captions.append("users it raises, of all\nred: all, blue: none")
    return grid.Row("where", [garment.encoded, *images], [garment.name, *captions])


def _enlarged(parts: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(parts.astype(np.float32)).resize((side, side), Image.Resampling.NEAREST))


def _items(heading: str, items: list[ItemBeside], dataset: Dataset) -> grid.Row:
    photos = dataset.encoded_photos([find_item(one.item, dataset) for one in items])
    captions = [f"{one.score:.3g}\n{one.item}\nalike {one.cosine:.2f}, {one.percentile:.0%}" for one in items]
    return grid.Row(heading, photos, captions)
