"""The settings of a report page."""

import dataclasses
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.files.output_check import check_writable
from tfrecords.settings import MOVED_DATASET, Bounds, at_least, check_settings, need, required, setting

_ENDINGS = (".html", ".htm")


@dataclasses.dataclass(frozen=True)
class ReportConfig:
    """The page and its sources; give `recommender` or `gan` or both. Each field's help says what it is."""

    output: str = required("the HTML file to write")
    recommender: str | None = setting(None, f"workdir of a recommender; this or {option('gan')} is needed")
    gan: str | None = setting(None, "workdir of the GAN")
    table3: str | None = setting(None, "folder that tools.compare left")
    samples: str | None = setting(None, "folder that tools.sample_gan left")
    table4: tuple[str, ...] = setting(
        (),
        "folders that tools.evaluate_design left, with commas between",
        Bounds(lambda folders: all(folder.strip() for folder in folders), "folders with commas between"),
    )
    design: str | None = setting(None, "folder that tools.design left")
    tailor: str | None = setting(None, "folder that tools.tailor left")
    title: str | None = setting(None, "of the page; named after the models and the data if not given")
    shown: int = setting(12, "designs, and tailorings, shown at most", at_least(1))
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        if self.recommender is None and self.gan is None:
            raise InputError(f"give {option('recommender')}, {option('gan')} or both: the workdir of a training")
        need(self, Path(self.output).suffix.lower() in _ENDINGS, "output", f"a name that ends in {_ENDINGS[0]}")
        check_settings(self)
        check_writable(self.output)
