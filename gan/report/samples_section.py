"""The section on the pictures of tools.sample_gan."""

from pathlib import Path

from tf_dvbpr.report.blocks import Section, captioned, plates, text
from tf_dvbpr.report.embedded_picture import embed_file
from tf_dvbpr.report.markup import join
from tfrecords.errors import InputError, option

_CAPTIONS = {
    "interpolation": "from one image to another through the latents between them",
    "nearest": "images, and the photos nearest to them: whether any is a copy",
}


def samples_section(folder: Path) -> Section:
    """Returns every category's grid, then the strips and the nearest photos. Raises InputError if they are missing."""
    if not (folder / "latents.npz").is_file():
        raise InputError(f"{folder}: no latents.npz here, so no samples; tools.sample_gan makes them")
    for other in ("design", "tailor"):
        if (folder / f"{other}.json").is_file():
            raise InputError(
                f"{folder}: what tools.{other} made; give it as {option(other)}, or a folder of tools.sample_gan"
            )
    files = sorted(folder.glob("*.png"), key=lambda file: (file.stem in _CAPTIONS, file.stem))
    if not files:
        raise InputError(f"{folder}: no pictures here, only latents.npz; run tools.sample_gan again")
    figures = [
        captioned(embed_file(file), f"Generated garments: {file.stem}", _CAPTIONS.get(file.stem, file.stem))
        for file in files
    ]
    told = text("Garments that nobody made: images of the trained generator, one draw of latents a category.")
    return Section("samples", "Samples", "Samples of the GAN", join(told, plates(figures)))
