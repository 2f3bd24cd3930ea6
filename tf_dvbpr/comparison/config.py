"""What is compared: the rows of the table, the grids they are tuned over, and the checks."""

import dataclasses
import itertools

from tf_dvbpr.baselines.config import SETTINGS, VISUAL
from tf_dvbpr.model_names import NAMES
from tf_dvbpr.train import resolve
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.features import STORED, list_features

# Regularisers and numbers of factors; `paper` is the paper's own search (section V).
GRIDS: dict[str, tuple[tuple[float, ...], tuple[int, ...]]] = {
    "paper": ((0.0, 0.001, 0.01, 0.1, 1.0, 10.0, 30.0), (10, 30, 50)),
    "quick": ((0.1, 1.0, 10.0), (50,)),
}


@dataclasses.dataclass(frozen=True)
class CompareConfig:
    """What to compare.

    Attributes:
        dataset: folder that tools.build_dataset left.
        output: folder for the table and, under ``cells/``, every run.
        models: names, each ``model`` or ``model:features``; ``all``: every model.
        grid: ``paper``, ``quick`` or ``none`` (the defaults only).
        seeds: how many seeds; the first tunes.
        features: name of the item features of the visual models that name none; None: the only ones there are.
        dvbpr_workdirs: trained runs of DVBPR, at most one a seed, instead of training it.
        dvbpr_preset: of the DVBPR that is trained.
        dvbpr_photos: stop its training when this many photos went through the network; 0: the preset's length.
    """

    dataset: str
    output: str
    models: tuple[str, ...] = ("all",)
    grid: str = "quick"
    seeds: int = 1
    features: str | None = None
    dvbpr_workdirs: tuple[str, ...] = ()
    dvbpr_preset: str = "fast"
    dvbpr_photos: int = 0

    def __post_init__(self) -> None:
        if self.grid not in (*GRIDS, "none"):
            raise InputError(f"--grid={self.grid}: expected one of {', '.join(GRIDS)}, none")
        if self.seeds < 1:
            raise InputError(f"--seeds={self.seeds}: at least 1 expected")
        step = resolve(self.dataset, self.output, self.dvbpr_preset, {}).photos_per_step
        if self.dvbpr_photos != 0 and self.dvbpr_photos < step:
            raise InputError(f"--dvbpr_photos={self.dvbpr_photos}: 0, or at least the {step} of one step expected")
        if not self.models:
            raise InputError("--models: expected all, or names with commas between, as in bpr_mf,vbpr,dvbpr")
        if len(self.dvbpr_workdirs) > self.seeds:
            raise InputError(
                f"--dvbpr_workdir: {len(self.dvbpr_workdirs)} runs given for --seeds={self.seeds}; at most one a seed "
                "expected"
            )


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of the table: a model and, where it sees any, the features it sees (None: the only ones there are)."""

    model: str
    features: str | None = None
    marked: bool = False

    @property
    def name(self) -> str:
        """As the table writes it; the features are named where the row asked for them."""
        return f"{NAMES[self.model]} ({self.features})" if self.marked else NAMES[self.model]

    @property
    def slug(self) -> str:
        """As folders are named."""
        return f"{self.model}-{self.features}" if self.features else self.model


def rows_of(config: CompareConfig, dataset: Dataset) -> list[Row]:
    """The rows asked for, in the paper's order for ``all``.

    For ``all``, a data set that stores features with its items and has other ones besides (the wardrobe stores the
    garments' true attributes) gets one more row: VBPR on the stored ones.
    """
    names = list(config.models)
    if names == ["all"]:
        names = list(NAMES)
        others = [name for name in list_features(dataset) if name != STORED]
        if others and STORED in list_features(dataset):
            names.insert(names.index("dvbpr"), f"vbpr:{STORED}")
    rows = []
    for name in names:
        model, colon, features = name.partition(":")
        if model not in NAMES:
            raise InputError(f"--models: no model {model!r}; there are {', '.join(NAMES)}")
        if colon and model not in VISUAL:
            raise InputError(f"--models: {name!r} names features, but {NAMES[model]} takes none")
        rows.append(Row(model, features or (config.features if model in VISUAL else None), bool(colon)))
    if len({row.slug for row in rows}) < len(rows):
        raise InputError(f"--models={','.join(names)}: the same row twice")
    return rows


def settings_of(row: Row, grid: str) -> list[dict[str, object]]:
    """The settings that a row is tuned over; one, the defaults, where there is nothing to tune."""
    if grid == "none" or "regularisation" not in SETTINGS.get(row.model, ()):
        return [{}]
    return [{"dim": dim, "regularisation": weight} for weight, dim in itertools.product(*GRIDS[grid])]
