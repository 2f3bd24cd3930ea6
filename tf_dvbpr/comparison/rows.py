"""Lists the rows of the table and the settings that each is tuned over, and checks the output folder."""

import dataclasses
import itertools
from pathlib import Path

from tf_dvbpr.baselines.config import SETTINGS, VISUAL
from tf_dvbpr.comparison.config import GRIDS, CompareConfig
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.model_names import NAMES
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.features.joined import SEPARATOR
from tfrecords.features.store import STORED, list_features
from tfrecords.files.output_check import check_writable
from tfrecords.files.written_list import foreign

# The files that each comparison writes; the last one needs matplotlib.
TABLES = ("table3.md", "table3.csv", "table3.tex", "table3_pairs.csv", "table3.json", "table3.png")

_RATES = (1e-3, 1e-2)  # learning rates of the projection, for the grid `quick`
# The paper's grid leaves the features as they are, and has one learning rate and one regulariser.
_PAPERS_FEATURES: dict[str, object] = {"feature_scaling": "length", "projection_learning_rate": 1e-2}
_REGULARISERS = ("visual_regularisation", "bias_regularisation")


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        model: a key of `NAMES`.
        features: name of the features of a visual model; None: the data set's only ones.
        marked: whether the table names the features, because the user named them for this row.
    """

    model: str
    features: str | None = None
    marked: bool = False

    @property
    def name(self) -> str:
        """Returns the row's name in the table, with its features if the user named them for this row."""
        return f"{NAMES[self.model]} ({self.features})" if self.marked else NAMES[self.model]

    @property
    def slug(self) -> str:
        """Returns the row's name in paths."""
        return f"{self.model}-{self.features.replace(SEPARATOR, '+')}" if self.features else self.model


def format_settings(settings: dict, between: str = "=") -> list[str]:
    """Formats settings for display, each as ``name=value``; `between` replaces ``=``."""
    return [f"{name}{between}{value if isinstance(value, str) else f'{value:g}'}" for name, value in settings.items()]


def rows_of(config: CompareConfig, dataset: Dataset) -> list[Row]:
    """Returns the rows that the config names; for ``all``, every model in the paper's order.

    If a data set stores features with its items and also has others, ``all`` adds a row: VBPR on the stored features.
    The wardrobe is such a data set; it stores the garments' true attributes.

    Raises:
        InputError: a name is unknown or occurs twice, a flag has no effect, or dvbpr_photos is less than one step.
    """
    names = list(config.models)
    if names == ["all"]:
        names = list(NAMES)
        others = [name for name in list_features(dataset) if name != STORED]
        if others and STORED in list_features(dataset):
            names.insert(names.index("dvbpr"), f"vbpr:{STORED}")
    elif "all" in names:
        raise InputError(f"{option('models')}: all stands alone; leave it out, or the other names")
    rows = []
    for name in names:
        model, colon, features = name.partition(":")
        if model not in NAMES:
            raise InputError(f"{option('models')}: no model {model!r}; there are {', '.join(NAMES)}")
        if colon and model not in VISUAL:
            raise InputError(f"{option('models')}: {name!r} names features, but {NAMES[model]} takes none")
        if colon and not features:
            raise InputError(f"{option('models')}: {name!r} names no features; leave the colon out, or name some")
        features = features.replace("+", SEPARATOR)  # A comma ends the name of a model.
        rows.append(Row(model, features or (config.features if model in VISUAL else None), bool(colon)))
    if len({row.slug for row in rows}) < len(rows):
        raise InputError(f"{option('models', ','.join(names))}: the same row twice")
    models = {row.model for row in rows}
    for flag, value, asked, whom in (
        ("dvbpr_workdir", ",".join(config.dvbpr_workdir), "dvbpr" in models, "dvbpr"),
        ("dvbpr_photos", config.dvbpr_photos, "dvbpr" in models and not config.dvbpr_workdir, "a dvbpr to train"),
        ("features", config.features, any(row.model in VISUAL and not row.marked for row in rows), "a visual model"),
    ):
        if value and not asked:
            raise InputError(
                f"{option(flag, value)} has no effect with {option('models')} without {whom}: leave it out"
            )
    step = resolve(config.dataset, config.output, config.dvbpr_preset, {}).photos_per_step
    if config.dvbpr_photos != 0 and config.dvbpr_photos < step:
        raise InputError(
            f"{option('dvbpr_photos', config.dvbpr_photos)}: 0, or at least the {step} of one step expected"
        )
    return rows


def check_output(config: CompareConfig, dataset: Dataset) -> None:
    """Raises InputError if the output folder has other files, or lies in the data set, where a rebuild deletes it."""
    output = Path(config.output)
    check_writable(output, folder=True)
    if dataset.path.resolve() in (output.resolve(), *output.resolve().parents):
        raise InputError(f"{option('output', output)}: lies in the data set's folder; name another")
    ours = any((output / name).exists() for name in ("cells", "table3.json"))
    if output.is_dir() and not ours and any(output.iterdir()):
        raise InputError(f"{option('output', output)}: holds files of something else; name a new or empty folder")
    check_tables(output)


def check_tables(output: Path) -> None:
    """Raises InputError if a file that would be replaced was not written by a comparison, or was changed since."""
    wrong = foreign(output, before=TABLES, among=TABLES)
    if wrong:
        raise InputError(f"{option('output', output)}: {wrong}; move it away, or name a new folder")


def settings_of(row: Row, grid: str) -> list[dict[str, object]]:
    """Returns the settings that a row is tuned over; only {}, the defaults, if there is nothing to tune."""
    if grid == "none" or "regularisation" not in SETTINGS.get(row.model, ()):
        return [{}]
    found: list[dict[str, object]] = [
        {"dim": dim, "regularisation": weight} for weight, dim in itertools.product(*GRIDS[grid])
    ]
    if "projection_learning_rate" not in SETTINGS[row.model]:
        return found
    if grid == "quick":
        return [{**one, "projection_learning_rate": rate} for one in found for rate in _RATES]
    for one in found:
        one |= _PAPERS_FEATURES
        one |= {name: one["regularisation"] for name in _REGULARISERS if name in SETTINGS[row.model]}
    return found
