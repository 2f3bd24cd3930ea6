"""The settings of a report page."""

import dataclasses
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.files.output_check import check_writable
from tfrecords.settings import MOVED_DATASET, Bounds, at_least, check_settings, need, required, setting

_ENDINGS = (".html", ".htm")


@dataclasses.dataclass(frozen=True)
class ReportConfig:
    """The page and its sources; give `recommender` or `gan` or both. Each field's help describes it."""

    output: str = required("the HTML file to write")
    recommender: str | None = setting(None, f"workdir of a recommender; this or {option('gan')} is needed")
    gan: str | None = setting(None, "workdir of the GAN")
    table3: str | None = setting(None, "folder that tools.compare wrote")
    samples: str | None = setting(None, "folder that tools.sample_gan wrote")
    table4: tuple[str, ...] = setting(
        (),
        "folders that tools.evaluate_design wrote, separated by commas",
        Bounds(lambda folders: all(folder.strip() for folder in folders), "folders with commas between"),
    )
    design: str | None = setting(None, "folder that tools.design wrote")
    tailor: str | None = setting(None, "folder that tools.tailor wrote")
    explain: str | None = setting(None, "folder that tools.explain wrote")
    title: str | None = setting(None, "the page's title; default: the names of the models and the data")
    shown: int = setting(12, "largest number of designs, tailorings, and users of an explanation, shown", at_least(1))
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        if self.recommender is None and self.gan is None:
            raise InputError(f"give {option('recommender')}, {option('gan')} or both: the workdir of a training")
        need(self, Path(self.output).suffix.lower() in _ENDINGS, "output", f"a name that ends in {_ENDINGS[0]}")
        check_settings(self)
        check_writable(self.output)
