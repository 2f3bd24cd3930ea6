"""Draws the pictures of a tailoring: a garment altered step by step towards a user's taste (the paper's Fig. 6)."""

from pathlib import Path

from PIL import Image

from tf_dvbpr.pictures import grid
from tfrecords.files.atomic_file import whole_file

_CELL = 112
_FRAME_MS, _LAST_MS = 350, 1500
_GIF_SIDE = 256


def draw_tailored(encoded: bytes, tailored: list[dict], error: float, folder: Path) -> str:
    """Writes tailor.png, one row per user: the prototype's photo, then the steps with scores. Returns its name."""
    rows = []
    for entry in tailored:
        steps = entry["steps"]
        photos = [encoded, *((folder / step["file"]).read_bytes() for step in steps)]
        captions = [
            f"{entry['prototype_score']:.2f}\nprototype",
            *(f"{step['score']:.2f}\nstep {step['step']}, drift {step['drift']:.2f}" for step in steps),
        ]
        rows.append(grid.Row(f"{entry['user']} (inversion is off by {error:.3f})", photos, captions))
    grid.save(grid.draw(rows, max(len(row.photos) for row in rows), _CELL), folder / "tailor.png")
    return "tailor.png"


def write_gif(images: list[Image.Image], file: Path) -> str:
    """Writes the steps as an animation that pauses at the last. Returns the file's name."""
    side = max(images[0].width, _GIF_SIDE // images[0].width * images[0].width)
    frames = [image.resize([side, side], Image.Resampling.NEAREST) for image in images]
    with whole_file(file) as temporary:
        frames[0].save(
            temporary,
            "GIF",
            save_all=True,
            append_images=frames[1:],
            duration=[_FRAME_MS] * (len(frames) - 1) + [_LAST_MS],
            loop=0,
        )
    return file.name
