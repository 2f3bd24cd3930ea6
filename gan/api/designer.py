"""`gan.Designer`."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf_dvbpr.api.keywords import settings
from tfrecords.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from gan.design.model_pair import Studio
    from tf_dvbpr.api.photos import Photo

_DEFAULT = "fast"


@dataclasses.dataclass(frozen=True, eq=False)
class Design:
    """The garments designed for one user or a group in one category, best first.

    Attributes:
        users: their keys.
        group: how their scores are combined; None for one user.
        category: its name.
        images: uint8 [k, S, S, 3].
        scores: float [k], the recommender's score of each image.
        latents: float32 [k, Z], from which the GAN draws the images.
        figures: this design's entry in design.json (docs/guides/design.md); ``retrieved`` has the best items of the
            catalogue.
    """

    users: tuple[str, ...]
    group: str | None
    category: str
    images: np.ndarray
    scores: np.ndarray
    latents: np.ndarray
    figures: dict[str, Any]

    def __repr__(self) -> str:
        scores = ", ".join(f"{score:.4g}" for score in self.scores)
        return f"Design({'+'.join(self.users)}, {self.category}, {len(self.images)} images, scores {scores})"


@dataclasses.dataclass(frozen=True, eq=False)
class Tailoring:
    """A garment altered step by step for one user.

    Attributes:
        user: the key.
        category: its name.
        steps: int [n], the shown steps of the search; step 0 is the GAN's image of the garment.
        images: uint8 [n, S, S, 3].
        scores: float [n], the recommender's score of each image.
        drifts: float [n], mean absolute difference of pixels, in [-1, 1], from the image of step 0.
        latents: float32 [n, Z], from which the GAN draws the images.
        best: position in `images` of the image with the highest objective.
        figures: this user's entry in tailor.json (docs/guides/design.md).
    """

    user: str
    category: str
    steps: np.ndarray
    images: np.ndarray
    scores: np.ndarray
    drifts: np.ndarray
    latents: np.ndarray
    best: int
    figures: dict[str, Any]

    def __repr__(self) -> str:
        way = f"score {self.scores[0]:.4g} -> {self.scores[-1]:.4g} in {self.steps[-1]} steps"
        return f"Tailoring({self.user}, {self.category}, {way})"


class Designer:
    """A trained DVBPR and a trained GAN; it searches the GAN for garments that the recommender scores highly.

    >>> designer = gan.Designer.open("out/run", "out/gan")
    >>> settings = {"starts": 4, "candidates": 0, "steps": 2}
    >>> [design] = designer.design("u0", "tops", k=2, progress=False, **settings)
    >>> design.images.shape, design.scores.shape
    ((2, 32, 32, 3), (2,))

    Attributes:
        categories: names of the categories that the GAN draws.
        notes: remarks on the two runs, for example that their data sets differ; one line each.
    """

    def __init__(self, studio: Studio, recommender: str, gan: str, precision: str) -> None:
        self._studio, self._precision = studio, precision
        self._runs: dict[str, Any] = {"recommender": recommender, "gan": gan}
        self.categories: tuple[str, ...] = studio.gan.present
        self.notes: tuple[str, ...] = tuple(studio.notes)

    @classmethod
    def open(
        cls,
        recommender: str | os.PathLike[str],
        gan: str | os.PathLike[str],
        precision: str = "float32",
    ) -> Designer:
        """Opens the workdirs of both trainings and checks that they fit together.

        Args:
            recommender: the workdir of a DVBPR.
            gan: the workdir of a GAN with the same categories.
            precision: the networks' precision: ``float32`` or ``mixed_bfloat16``.

        Raises:
            InputError: a workdir does not exist or is not trained yet, or the two do not fit together.
        """
        from gan.design.model_pair import Studio
        from tf_dvbpr.training.config import PRECISIONS

        if precision not in PRECISIONS:
            raise InputError(f"precision={precision}: expected one of {', '.join(PRECISIONS)}")
        runs = os.fspath(recommender), os.fspath(gan)
        return cls(Studio.open(*runs, precision), *runs, precision)

    def __repr__(self) -> str:
        return f"Designer({self._runs['recommender']!r}, {self._runs['gan']!r})"

    def design(
        self,
        users: str | Sequence[str],
        category: str | Sequence[str] = (),
        k: int = 3,
        group: str = "mean",
        weights: Sequence[float] = (),
        *,
        preset: str = _DEFAULT,
        output: str | os.PathLike[str] | None = None,
        progress: bool = True,
        **search: object,
    ) -> list[Design]:
        """Designs what each user, and several users together, would like best, as tools.design does.

        Args:
            users: a user's key, or several.
            category: a category's name, or several; (): all.
            k: number of garments of each design.
            group: an additional design for all users together: ``mean``, ``minimum`` or ``none``.
            weights: the users' weights in ``mean``; (): equal.
            preset: the search's preset: ``fast``, ``paper`` or ``release``.
            output: folder for the pictures and figures that the tool writes; None: they are not kept.
            progress: show progress bars.
            **search: settings that replace the preset's: fields of `gan.search.config.AscentConfig`.

        Returns:
            A design for each user and category, then for each category one design for the group.

        Raises:
            InputError: an unknown user, category or setting, an existing output, or figures that are not finite.
        """
        import numpy as np

        from gan.design.design_config import DesignConfig
        from gan.design.designs import design_garments

        ascent = self._ascent(preset, search)
        given = {"k": k, "group": group, "weights": tuple(weights), "categories": category}
        with _folder(output) as folder:
            keys = users if isinstance(users, str) else tuple(users)
            config = DesignConfig(
                **self._runs, output=folder, users=keys, ascent=ascent, **settings(DesignConfig, given)
            )
            result = design_garments(config, progress, self._studio)
            latents = np.load(Path(folder) / "latents.npz")["latents"]
            designs, first = [], 0
            for entry in result["designs"]:
                last = first + len(entry["designed"])
                designs.append(
                    Design(
                        users=tuple(entry["users"]),
                        group=entry["group"],
                        category=entry["category"],
                        images=_images(folder, entry["designed"]),
                        scores=np.array([one["score"] for one in entry["designed"]]),
                        latents=latents[first:last],
                        figures=entry,
                    )
                )
                first = last
        return designs

    def tailor(
        self,
        users: str | Sequence[str],
        photo: Photo | None = None,
        category: str | None = None,
        *,
        item: str | None = None,
        max_drift: float | None = None,
        every: int = 10,
        preset: str = _DEFAULT,
        output: str | os.PathLike[str] | None = None,
        progress: bool = True,
        **search: object,
    ) -> list[Tailoring]:
        """Alters a garment step by step towards a user's taste, as tools.tailor does.

        >>> designer = gan.Designer.open("out/run", "out/gan")
        >>> brief = {"steps": 2, "every": 1, "invert_starts": 2, "invert_candidates": 4, "invert_steps": 2}
        >>> [tailored] = designer.tailor("u0", "photo.jpg", "tops", progress=False, **brief)
        >>> tailored.steps
        array([0, 1, 2])

        Args:
            users: a user's key, or several; each user gets an alteration.
            photo: the garment's photo: a path, a file's bytes, or pixels uint8 [H, W, 3].
            category: the photo's category, required with a photo; None: the item's category.
            item: the key of the item to alter, instead of a photo.
            max_drift: bound on the mean absolute difference of pixels, in [-1, 1], from step 0; None: no bound.
            every: number of steps between the images shown.
            preset: the search's preset: ``fast``, ``paper`` or ``release``.
            output: folder for the pictures and figures that the tool writes; None: they are not kept.
            progress: show progress bars.
            **search: settings that replace the preset's: fields of `gan.search.config.AscentConfig` and
                `gan.search.invert.InversionConfig`.

        Returns:
            An alteration for each user.

        Raises:
            InputError: neither or both of `photo` and `item`, an unknown user, item, category or setting, a photo that
                cannot be read, an existing output, or figures that are not finite.
        """
        import numpy as np

        from gan.design.tailor import tailor
        from gan.design.tailor_config import TailorConfig
        from gan.search.config import TAILORING, InversionConfig

        invert = {name: value for name, value in search.items() if name.startswith("invert_")}
        others = {name: value for name, value in search.items() if name not in invert}
        ascent = self._ascent(preset, {**TAILORING, **others})
        inversion = InversionConfig(**settings(InversionConfig, invert))
        with _folder(output) as folder, _file(photo) as file:
            given = {"item": item, "photo": file, "category": category, "max_drift": max_drift, "every": every}
            keys = users if isinstance(users, str) else tuple(users)
            config = TailorConfig(
                **self._runs,
                output=folder,
                users=keys,
                ascent=ascent,
                inversion=inversion,
                **settings(TailorConfig, given),
            )
            result = tailor(config, progress, self._studio)
            latents = np.load(Path(folder) / "latents.npz")["latents"]
            shown = np.split(latents, len(result["tailored"]))
            tailored = []
            for entry, own in zip(result["tailored"], shown, strict=True):
                steps = np.array([one["step"] for one in entry["steps"]])
                tailored.append(
                    Tailoring(
                        user=entry["user"],
                        category=result["category"],
                        steps=steps,
                        images=_images(folder, entry["steps"]),
                        scores=np.array([one["score"] for one in entry["steps"]]),
                        drifts=np.array([one["drift"] for one in entry["steps"]]),
                        latents=own,
                        best=int(np.flatnonzero(steps == entry["best_step"])[0]),
                        figures=entry,
                    )
                )
        return tailored

    def _ascent(self, preset: str, given: dict[str, object]) -> Any:
        from gan.search.config import PRESETS, AscentConfig, resolve

        if preset not in PRESETS:
            raise InputError(f"preset={preset}: expected one of {', '.join(PRESETS)}")
        if "precision" in given:
            raise InputError("precision: give it to Designer.open, which makes the networks")
        return resolve(preset, {**settings(AscentConfig, given), "precision": self._precision})


@contextmanager
def _folder(output: str | os.PathLike[str] | None) -> Iterator[str]:
    """Yields the given folder, or a temporary one that is removed at the end."""
    if output is not None:
        yield os.fspath(output)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / "output")


@contextmanager
def _file(photo: Photo | None) -> Iterator[str | None]:
    """Yields a photo's path; a photo in memory is in a temporary file until the block ends."""
    if photo is None or isinstance(photo, str | os.PathLike):
        yield None if photo is None else os.fspath(photo)
        return
    from tf_dvbpr.api.photos import as_file_bytes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo"
        path.write_bytes(as_file_bytes(photo))
        yield str(path)


def _images(folder: str, entries: list[dict[str, Any]]) -> np.ndarray:
    import numpy as np
    from PIL import Image

    return np.stack([np.asarray(Image.open(Path(folder) / one["file"]).convert("RGB")) for one in entries])
