"""What a page shall show and where it goes."""

import dataclasses
from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.files.output_check import check_writable
from tfrecords.settings import need

_ENDINGS = (".html", ".htm")


@dataclasses.dataclass(frozen=True)
class ReportConfig:
    """The page and its sources; give `recommender` or `gan` or both, every other source is optional.

    Attributes:
        output: the HTML file.
        recommender: workdir of a recommender.
        gan: workdir of the GAN, trained on the same data set.
        table3: folder of tools.compare.
        samples: folder of tools.sample_gan.
        table4: folders with ``table4.json``, ``fig3.png`` or both.
        design: folder with ``design.json`` and its pictures.
        tailor: folder with ``tailor.json`` and its pictures.
        title: of the page; named after the model and the data set if not given.
        shown: designs, and tailorings, shown at most.
        dataset: where the run's data set was moved to; None: where the training found it.
    """

    output: str
    recommender: str | None = None
    gan: str | None = None
    table3: str | None = None
    samples: str | None = None
    table4: tuple[str, ...] = ()
    design: str | None = None
    tailor: str | None = None
    title: str | None = None
    shown: int = 12
    dataset: str | None = None

    def __post_init__(self) -> None:
        if self.recommender is None and self.gan is None:
            raise InputError("give --recommender, --gan or both: the workdir of a training")
        need(self, Path(self.output).suffix.lower() in _ENDINGS, "output", f"a name that ends in {_ENDINGS[0]}")
        need(self, all(folder.strip() for folder in self.table4), "table4", "folders with commas between")
        need(self, self.shown >= 1, "shown", "1 or more")
        check_writable(self.output)
