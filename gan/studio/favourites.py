"""Packs favourites into a ZIP: their pictures, the latents of designs, and a JSON file that says what each is."""

import dataclasses
import io
import json
import re
import zipfile

import numpy as np

from gan.design.model_pair import Studio
from gan.studio.drawing import Artist, png_bytes

LATENTS, LIST = "latents.npz", "favourites.json"
_STAMP = (2000, 1, 1, 0, 0, 0)  # so that the same favourites give the same bytes


@dataclasses.dataclass(frozen=True)
class Favourite:
    """A garment that was kept.

    Attributes:
        note: what the page knows of it: for whom, its score; text.
        category: the category's number of a design; -1 for an item.
        latent: float32 [Z] of a design; None for an item.
        item: the number of an item; None for a design.
    """

    note: str
    category: int = -1
    latent: np.ndarray | None = None
    item: int | None = None


def pack(favourites: list[Favourite], studio: Studio, artist: Artist) -> bytes:
    """Returns the bytes of the ZIP.

    It has a picture of each favourite: designs are drawn again, items have the photo of the data set. ``latents.npz``
    has the designs' latents as `gan.sampling.samples.save_latents` writes them, so that tools.sample_gan --latents
    draws them again. ``favourites.json`` has for each favourite its file, note, category, item, and row of the latents.
    """
    packed, rows, entries = io.BytesIO(), [], []
    with zipfile.ZipFile(packed, "w") as archive:
        for place, one in enumerate(favourites, 1):
            if one.latent is not None:
                name, ending = studio.gan.category_names[one.category], "png"
                content = png_bytes(artist.pixels(one.latent[None], one.category)[0])
                rows.append(one)
            else:
                name = str(studio.dataset.item_keys[one.item])
                content = studio.dataset.encoded_photos([one.item])[0]
                ending = "png" if content.startswith(b"\x89PNG") else "jpg"
            file = f"{place:02d}-{re.sub(r'[^A-Za-z0-9_-]+', '_', name)[:60] or 'garment'}.{ending}"
            archive.writestr(zipfile.ZipInfo(file, _STAMP), content)
            entries.append(
                {
                    "file": file,
                    "note": one.note,
                    "category": studio.gan.category_names[one.category] if one.latent is not None else None,
                    "item": None if one.item is None else name,
                    "latent_row": len(rows) - 1 if one.latent is not None else None,
                }
            )
        if rows:
            latents = io.BytesIO()
            names = np.array([studio.gan.category_names[one.category] for one in rows], np.str_)
            np.savez(latents, latents=np.stack([one.latent for one in rows]), categories=names)
            archive.writestr(zipfile.ZipInfo(LATENTS, _STAMP), latents.getvalue())
        archive.writestr(zipfile.ZipInfo(LIST, _STAMP), json.dumps(entries, indent=2) + "\n")
    return packed.getvalue()
